import { describe, expect, it } from "vitest";

import { createHttp } from "../../src/http/client.ts";
import { type Hop, openSession } from "../../src/http/session.ts";
import { serve } from "./servers.ts";

const http = createHttp({ env: {} });
const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
const HOUR = 3_600_000;
const follow = () => "follow" as const;

/** Answers with what it was sent; paths under /to/ redirect with the status they name. */
function startEcho(): Promise<string> {
  return serve((request, response) => {
    const status = /^\/to\/(\d+)/.exec(request.url ?? "")?.[1];
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
      else if (request.url === "/nowhere") response.writeHead(302, { location: "http://[" }).end();
      else if (status !== undefined) response.writeHead(Number(status), { location: "/end?x=1" }).end();
      else response.end(`${request.method} ${request.url} ${body} cookie=${request.headers.cookie ?? ""}`);
    });
  });
}

const post = (url: string) => ({ method: "POST", url: new URL(url), headers: { "content-type": "text/plain" }, body: "secret" }) as const;

describe("a redirect", () => {
  it.each([301, 302, 303])("with %i turns a POST into a GET without its body", async (status) => {
    const origin = await startEcho();
    const landing = await openSession({ http, clock, onRedirect: follow }).open(post(`${origin}/to/${status}`));
    expect(landing).toMatchObject({ kind: "page", response: { body: "GET /end?x=1  cookie=" } });
  });

  it.each([307, 308])("with %i keeps method and body, and says so", async (status) => {
    const origin = await startEcho();
    const hops: Hop[] = [];
    const session = openSession({ http, clock, onRedirect: (hop) => (hops.push(hop), "follow") });
    expect(await session.open(post(`${origin}/to/${status}`))).toMatchObject({ response: { body: "POST /end?x=1 secret cookie=" } });
    expect(hops).toEqual([{ from: new URL(`${origin}/to/${status}`), to: new URL(`${origin}/end?x=1`), resendsBody: true }]);
  });

  it("that is to be stopped at is given back and not requested", async () => {
    const requested: string[] = [];
    const origin = await serve((request, response) => {
      requested.push(request.url ?? "");
      response.writeHead(302, { location: "app:/callback?code=1" }).end();
    });
    const landing = await openSession({ http, clock, onRedirect: () => "stop" }).open({ method: "GET", url: new URL(`${origin}/start`) });
    expect(landing).toEqual({ kind: "stopped", url: new URL("app:/callback?code=1") });
    expect(requested).toEqual(["/start"]);
  });

  it("is followed twenty times and no more", async () => {
    const origin = await startEcho();
    let hops = 0;
    const session = openSession({ http, clock, onRedirect: () => ((hops += 1), "follow") });
    await expect(session.open({ method: "GET", url: new URL(`${origin}/loop`) })).rejects.toMatchObject({ kind: "redirect" });
    expect(hops).toBe(21);
  });

  it("to something that is no URL is an error", async () => {
    const origin = await startEcho();
    const session = openSession({ http, clock, onRedirect: follow });
    await expect(session.open({ method: "GET", url: new URL(`${origin}/nowhere`) })).rejects.toMatchObject({ kind: "redirect" });
  });
});

describe("cookies", () => {
  const setting = (...cookies: string[]) =>
    serve((request, response) => {
      if (request.url === "/set") response.setHeader("set-cookie", cookies);
      response.end(request.headers.cookie ?? "");
    });
  const cookiesAt = async (session: ReturnType<typeof openSession>, url: string) => {
    const landing = await session.open({ method: "GET", url: new URL(url) });
    return landing.kind === "page" ? landing.response.body : undefined;
  };

  it("that are Secure are sent to this machine over http, whatever its name", async () => {
    const origin = await setting("id=1; Secure; SameSite=None; HttpOnly", "deep=2; Path=/deep; Secure");
    const local = createHttp({ env: {}, resolve: async () => [{ address: "127.0.0.1", family: 4 }] });
    for (const name of ["127.0.0.1", "localhost", "provider.example"]) {
      const base = origin.replace("127.0.0.1", name);
      const session = openSession({ http: local, clock, onRedirect: follow });
      await cookiesAt(session, `${base}/set`);
      expect(await cookiesAt(session, `${base}/other`)).toBe("id=1");
      expect(await cookiesAt(session, `${base}/deep/er`)).toBe("deep=2; id=1");
    }
  });

  it("go on in a later session", async () => {
    const origin = await setting("id=1");
    const first = openSession({ http, clock, onRedirect: follow });
    await cookiesAt(first, `${origin}/set`);
    const kept: unknown = JSON.parse(JSON.stringify(first.cookies()));
    expect(await cookiesAt(openSession({ http, clock, onRedirect: follow, cookies: kept }), `${origin}/`)).toBe("id=1");
  });

  it.each([
    ["ahead", 3 * HOUR],
    ["behind", -3 * HOUR],
  ])("end when the server's clock says so, though ours is hours %s", async (_, skewMs) => {
    const at = (laterMs: number) => `Expires=${new Date(Date.now() - skewMs + laterMs).toUTCString()}`;
    const server = await serve((request, response) => {
      const cookies = request.url === "/set" ? [`live=1; ${at(HOUR)}`, `dead=1; ${at(-HOUR)}`] : [];
      response.writeHead(200, { date: new Date(Date.now() - skewMs).toUTCString(), "set-cookie": cookies });
      response.end(request.headers.cookie ?? "");
    });
    const session = openSession({ http, clock, onRedirect: follow });
    await cookiesAt(session, `${server}/set`);
    expect(await cookiesAt(session, `${server}/`)).toBe("live=1");
  });

  it.each([[undefined], [null], ["text"], [{ cookies: 1 }], [[]]])("that were kept as %j start an empty session", async (cookies) => {
    const origin = await setting();
    expect(await cookiesAt(openSession({ http, clock, onRedirect: follow, cookies }), `${origin}/`)).toBe("");
  });

  it("that make no sense, or are for another host, are passed over", async () => {
    const origin = await setting("=", "id=1; Domain=other.example", "good=1");
    const session = openSession({ http, clock, onRedirect: follow });
    await cookiesAt(session, `${origin}/set`);
    expect(await cookiesAt(session, `${origin}/`)).toBe("good=1");
  });
});
