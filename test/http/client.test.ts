import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createHttp } from "../../src/http/client.ts";
import { HttpError } from "../../src/http/http-error.ts";
import { makeCertificate } from "./certificate.ts";
import { serve, serveProxy, serveRefusingProxy } from "./servers.ts";

const http = createHttp({ env: {} });
const get = (url: string) => ({ method: "GET", url: new URL(url) }) as const;
const certificate = makeCertificate("provider.example");

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "http-test-"));
  bundle = join(folder, "ca.pem");
  await writeFile(bundle, certificate.cert);
});

afterAll(() => rm(folder, { recursive: true }));

describe("an exchange", () => {
  it("sends method, headers and body, and gives status, headers, every cookie and the text", async () => {
    const origin = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        response.writeHead(201, {
          "set-cookie": ["a=1", "b=2"],
          "x-seen": `${request.method} ${request.url} ${request.headers["x-sent"]}`,
        });
        response.end(`${body} ÄÖ`);
      });
    });
    const answer = await http({ method: "POST", url: new URL(`${origin}/path?q=1`), headers: { "x-sent": "yes" }, body: "Grüße" });
    expect(answer).toMatchObject({
      status: 201,
      body: "Grüße ÄÖ",
      headers: { "set-cookie": ["a=1", "b=2"], "x-seen": "POST /path?q=1 yes" },
    });
  });

  it("does not follow a redirect", async () => {
    const origin = await serve((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    expect(await http(get(origin))).toMatchObject({ status: 302, headers: { location: "/elsewhere" } });
  });

  it("uses one connection for several requests", async () => {
    const origin = await serve((request, response) => response.end(String(request.socket.remotePort)));
    const own = createHttp({ env: {} });
    const ports = [await own(get(origin)), await own(get(origin))].map((answer) => answer.body);
    expect(ports[0]).toBe(ports[1]);
  });

  it("ends when the time is up though the server keeps sending", async () => {
    const origin = await serve((_request, response) => {
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    });
    const startedAt = Date.now();
    await expect(http({ ...get(origin), timeoutMs: 200 })).rejects.toMatchObject({ kind: "timeout", host: new URL(origin).host });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it("stops reading a body that is longer than allowed", async () => {
    const origin = await serve((_request, response) => response.end("x".repeat(5 * 1024 * 1024)));
    await expect(http(get(origin))).rejects.toMatchObject({ kind: "too-large" });
    await expect(http({ ...get(origin), maxBytes: 6 * 1024 * 1024 })).resolves.toMatchObject({ status: 200 });
  });

  it("rejects with the reason of its own signal", async () => {
    const origin = await serve(() => undefined);
    const controller = new AbortController();
    const answer = http({ ...get(origin), signal: controller.signal });
    setTimeout(() => controller.abort(new Error("the person gave up")), 50);
    await expect(answer).rejects.toThrow("the person gave up");
  });

  it("names the host that cannot be reached", async () => {
    const origin = await serve((request) => request.socket.destroy());
    const error = await http(get(origin)).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ kind: "unreachable", message: expect.stringContaining(new URL(origin).host) });
  });
});

describe("plain http", () => {
  it.each(["http://192.0.2.1/", "http://0.0.0.0/", "http://[2001:db8::1]/", "ftp://127.0.0.1/"])("is refused for %s", async (url) => {
    await expect(http(get(url))).rejects.toMatchObject({ kind: "insecure" });
  });

  it("reaches a name of this machine on whichever of its addresses listens", async () => {
    const origin = await serve((request, response) => response.end(request.headers.host));
    const named = origin.replace("127.0.0.1", "localhost");
    expect((await http(get(named))).body).toBe(new URL(named).host);
  });
});

describe("a name over plain http", () => {
  const resolvingTo = (...addresses: string[]) =>
    createHttp({ env: {}, resolve: async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })) });

  it("is reached at the loopback addresses it was found to have, and under its own name", async () => {
    const origin = await serve((request, response) => response.end(request.headers.host));
    const url = origin.replace("127.0.0.1", "provider.example");
    expect((await resolvingTo("127.0.0.1")(get(url))).body).toBe(new URL(url).host);
  });

  it.each([[["127.0.0.1", "192.0.2.1"]], [["192.0.2.1"]], [[]]])("is refused with the addresses %j", async (addresses) => {
    await expect(resolvingTo(...addresses)(get("http://provider.example/"))).rejects.toMatchObject({ kind: "insecure" });
  });

  it("is not asked for through a proxy", async () => {
    const origin = await serve((_request, response) => response.end("direct"));
    const proxy = await serveProxy(Number(new URL(origin).port));
    const resolve = async () => [{ address: "127.0.0.1", family: 4 } as const];
    const own = createHttp({ env: { HTTP_PROXY: proxy.url }, resolve });
    expect((await own(get(origin.replace("127.0.0.1", "provider.example")))).body).toBe("direct");
    expect(proxy.seen).toEqual([]);
  });

  it("that has no address is unreachable", async () => {
    const lost = createHttp({ env: {}, resolve: () => Promise.reject(new Error("no such name")) });
    await expect(lost(get("http://provider.example/"))).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("certificate authorities", () => {
  it("do not include a server's own", async () => {
    const origin = await serve((_request, response) => response.end(), certificate);
    await expect(http(get(origin))).rejects.toMatchObject({ kind: "unreachable" });
  });

  it.each(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])("are extended by %s", async (variable) => {
    const origin = await serve((_request, response) => response.end("trusted"), certificate);
    expect((await createHttp({ env: { [variable]: bundle } })(get(origin))).body).toBe("trusted");
  });

  it.each(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])(
    "are an error that names %s when its file cannot be read or holds none",
    async (variable) => {
      const missing = createHttp({ env: { [variable]: join(folder, "missing.pem") } });
      await expect(missing(get("https://127.0.0.1:1/"))).rejects.toMatchObject({
        code: "config-unreadable",
        message: expect.stringContaining(variable),
      });
      const empty = join(folder, "empty.pem");
      await writeFile(empty, "no certificate");
      const useless = createHttp({ env: { [variable]: empty } });
      await expect(useless(get("https://127.0.0.1:1/"))).rejects.toMatchObject({
        code: "config-value",
        message: expect.stringContaining(variable),
      });
    },
  );
});

describe("a proxy", () => {
  it("is given a tunnel to the host, with the credentials of its URL, and the server behind it is trusted by the same authorities", async () => {
    const origin = await serve((request, response) => response.end(`${request.headers.host} ${request.url}`), certificate);
    const proxy = await serveProxy(Number(new URL(origin).port));
    const env = { HTTPS_PROXY: proxy.url.replace("//", "//user:p%40ss@"), AWS_CA_BUNDLE: bundle };
    const answer = await createHttp({ env })(get("https://provider.example/path"));
    expect(answer.body).toBe("provider.example /path");
    expect(proxy.seen).toEqual([`CONNECT provider.example:443 Basic ${btoa("user:p@ss")}`]);
  });

  it("does not excuse a certificate that nobody vouches for", async () => {
    const origin = await serve((_request, response) => response.end(), certificate);
    const proxy = await serveProxy(Number(new URL(origin).port));
    await expect(createHttp({ env: { HTTPS_PROXY: proxy.url } })(get("https://provider.example/"))).rejects.toMatchObject({
      kind: "unreachable",
    });
  });

  it("is not used for this machine, over https or http", async () => {
    const plain = await serve((_request, response) => response.end("direct"));
    const secure = await serve((_request, response) => response.end("direct"), certificate);
    const proxy = await serveProxy(Number(new URL(secure).port));
    const own = createHttp({ env: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, AWS_CA_BUNDLE: bundle } });
    expect((await own(get(plain))).body).toBe("direct");
    expect((await own(get(secure))).body).toBe("direct");
    expect(proxy.seen).toEqual([]);
  });

  it.each([
    ["302", "HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n"],
    ["407", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 6\r\n\r\n<form>"],
  ])("whose answer to CONNECT is %s does not speak for the server", async (status, answer) => {
    const own = createHttp({ env: { HTTPS_PROXY: await serveRefusingProxy(answer), AWS_CA_BUNDLE: bundle } });
    await expect(own(get("https://provider.example/"))).rejects.toMatchObject({
      kind: "unreachable",
      message: `cannot reach provider.example: the proxy refuses to connect (status ${status})`,
    });
  });
});
