import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bothRuntimes, start } from "../exec/runtimes.ts";
import type { Started } from "../exec/runtimes.ts";

interface Endpoint extends Started {
  readonly uri: string;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const SECRETS = /ASIAOURS|our\/secret|our\+session/;

function ask({ uri, token }: Endpoint, options: RequestOptions & { path?: string; authorization?: string | null } = {}): Promise<Answer> {
  const { authorization = token, headers, ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      uri,
      { ...rest, headers: { ...(authorization === null ? {} : { authorization }), ...headers }, timeout: 5_000 },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    request.once("error", reject).end();
  });
}

describe.each(bothRuntimes())("the container endpoint under $name", (runtime) => {
  let program: string[];
  beforeAll(async () => {
    program = await runtime.prepare(new URL("programs/endpoint.ts", import.meta.url));
  });
  afterAll(() => runtime.clean());

  async function startEndpoint(scenario: string): Promise<Endpoint> {
    const started = start([...program, scenario]);
    let line = "";
    started.child.stdout?.on("data", (text: string) => (line += text));
    await started.printed("\n");
    return { ...started, ...(JSON.parse(line) as { uri: string; token: string }) };
  }

  describe("with good credentials", () => {
    let endpoint: Endpoint;
    beforeAll(async () => {
      endpoint = await startEndpoint("good");
    });
    afterAll(async () => {
      endpoint.child.stdin?.end();
      await endpoint.outcome;
    });

    it("answers the four fields that every SDK takes, with whole seconds", async () => {
      const { status, headers, body } = await ask(endpoint);
      expect(status).toBe(200);
      expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
      expect(JSON.parse(body)).toEqual({
        AccessKeyId: "ASIAOURS",
        SecretAccessKey: "our/secret+key",
        Token: "our+session/token==",
        Expiration: "2036-11-23T10:00:00Z",
      });
    });

    it("has an address that is an IP literal of loopback, and a token of 256 bits that any header takes", () => {
      expect(endpoint.uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/credentials$/);
      expect(endpoint.token).toMatch(/^[\w-]{43}$/);
    });

    it.each<[string, number, string, Parameters<typeof ask>[1]]>([
      ["without a token", 401, "unauthorized", { authorization: null }],
      ["with an empty token", 401, "unauthorized", { authorization: "" }],
      ["with a wrong token", 401, "unauthorized", { authorization: "A".repeat(43) }],
      ["with a token that is too long", 401, "unauthorized", { authorization: "A".repeat(4000) }],
      ["under another name", 403, "foreign-host", { headers: { host: "evil.example.com" } }],
      ["under another name for this address", 403, "foreign-host", { headers: { host: "localhost" } }],
      ["without the port", 403, "foreign-host", { headers: { host: "127.0.0.1" } }],
      ["on /", 404, "not-found", { path: "/" }],
      ["with something after the path", 404, "not-found", { path: "/credentials/other" }],
      ["with a final slash", 404, "not-found", { path: "/credentials/" }],
      ["with a query", 404, "not-found", { path: "/credentials?a=b" }],
      ["with an encoded path", 404, "not-found", { path: "/cr%65dentials" }],
      ["on the Go tool's profile switch", 404, "not-found", { path: "/profile", method: "POST" }],
      ["by POST", 405, "method-not-allowed", { method: "POST" }],
      ["by DELETE", 405, "method-not-allowed", { method: "DELETE" }],
      ["by OPTIONS", 405, "method-not-allowed", { method: "OPTIONS" }],
    ])("refuses a request %s with %i", async (_, status, code, options) => {
      const answer = await ask(endpoint, options);
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
      expect(JSON.parse(answer.body)).toEqual({ code, message: expect.any(String) });
      expect(answer.body).not.toMatch(SECRETS);
    });

    it("refuses every beginning of the token, and the token with more", async () => {
      const { token } = endpoint;
      const wrong = [token.slice(0, 1), token.slice(0, -1), `${token}A`, `Bearer ${token}`, token.toUpperCase()];
      const statuses = await Promise.all(wrong.map(async (authorization) => (await ask(endpoint, { authorization })).status));
      expect(statuses).toEqual(wrong.map(() => 401));
    });

    it("answers a missing and a wrong token alike", async () => {
      const [missing, wrong] = await Promise.all([ask(endpoint, { authorization: null }), ask(endpoint, { authorization: "wrong" })]);
      expect({ ...missing, headers: {} }).toEqual({ ...wrong, headers: {} });
    });

    it("refuses HEAD without a body", async () => {
      expect(await ask(endpoint, { method: "HEAD" })).toMatchObject({ status: 405, body: "" });
    });

    it("refuses headers of more than 16 KiB", async () => {
      expect((await ask(endpoint, { headers: { "x-long": "a".repeat(17 * 1024) } })).status).toBe(431);
    });

    it("answers others while a client sends its request slowly", async () => {
      const slow = await openSocket(endpoint);
      slow.write("GET /credentials HTTP/1.1\r\n");
      const began = performance.now();
      expect((await ask(endpoint)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(1_000);
    });
  });

  async function openSocket({ uri }: Endpoint): Promise<Socket> {
    const socket = connect(Number(new URL(uri).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  }

  it("closed, does not let a slow or an idle client keep the program alive", async () => {
    const endpoint = await startEndpoint("good");
    const [slow, idle] = [await openSocket(endpoint), await openSocket(endpoint)];
    slow.write("GET /credentials HTTP/1.1\r\n");
    idle.write(`GET /credentials HTTP/1.1\r\nHost: ${new URL(endpoint.uri).host}\r\n\r\n`);
    await new Promise((resolve) => idle.once("data", resolve));
    const began = performance.now();
    endpoint.child.stdin?.end();
    expect(await endpoint.outcome).toMatchObject({ status: 0, stderr: "" });
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("never closed, does not keep the program alive", async () => {
    expect(await start([...program, "unclosed"]).outcome).toMatchObject({ status: 0, signal: null });
  });

  it("has another token and another port each time", async () => {
    const [one, two] = await Promise.all([startEndpoint("good"), startEndpoint("good")]);
    for (const { child } of [one, two]) child.stdin?.end();
    expect(one.token).not.toBe(two.token);
    expect(one.uri).not.toBe(two.uri);
    await Promise.all([one.outcome, two.outcome]);
  });

  it("says with 403 what a person has to do, and says it on stderr once", async () => {
    const endpoint = await startEndpoint("person-needed");
    for (let request = 0; request < 3; request++) {
      const { status, body } = await ask(endpoint);
      expect(status).toBe(403);
      expect(JSON.parse(body)).toEqual({ code: "person-needed", message: "the login has run out (run aws-runas login dev)" });
    }
    endpoint.child.stdin?.end();
    const { stderr } = await endpoint.outcome;
    expect(stderr).toBe("warning: no credentials for the command: the login has run out (run aws-runas login dev)\n");
  });

  it("says with 503 what passes by itself, so that SDKs ask again", async () => {
    const endpoint = await startEndpoint("unreachable");
    const { status, body } = await ask(endpoint);
    endpoint.child.stdin?.end();
    await endpoint.outcome;
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 503,
      body: { code: "aws-unreachable", message: "STS cannot be reached" },
    });
  });

  it.each(["bug", "own-bug"])("answers a %s of ours with 500 and without detail", async (scenario) => {
    const endpoint = await startEndpoint(scenario);
    const { status, body } = await ask(endpoint);
    endpoint.child.stdin?.end();
    const { stderr } = await endpoint.outcome;
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({ status: 500, body: { code: "internal", message: "internal error" } });
    expect(stderr).not.toContain("secret detail");
  });
});
