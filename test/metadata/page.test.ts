import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { encode } from "uqr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageFiles } from "../../src/metadata/serve/page-files.ts";
import { bothRuntimes, start } from "../exec/runtimes.ts";
import type { Started } from "../exec/runtimes.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask extends RequestOptions {
  readonly sent?: string;
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const paths = Object.keys(pageFiles);
const scripts = Object.entries(pageFiles).filter(([path]) => path.endsWith(".js"));
const html = pageFiles["/"] ?? "";

describe.each(bothRuntimes())("the page under $name", (runtime) => {
  let server: Started & { readonly authority: string; readonly token: string };
  beforeAll(async () => {
    const started = start([...(await runtime.prepare(new URL("programs/page-server.ts", import.meta.url)))]);
    let line = "";
    started.child.stdout?.on("data", (text: string) => (line += text));
    await started.printed("\n");
    server = { ...started, ...(JSON.parse(line) as { authority: string; token: string }) };
  });
  afterAll(async () => {
    server.child.stdin?.end();
    await server.outcome;
    await runtime.clean();
  });

  function ask(path: string, { sent, ...options }: Ask = {}): Promise<Answer> {
    const [host, port] = server.authority.split(":");
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host, port, path, timeout: 5_000, ...options }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      request.once("error", reject).end(sent);
    });
  }
  const post = (path: string, headers: Readonly<Record<string, string>>, sent = "") => ask(path, { method: "POST", sent, headers });
  const encoded = (sent: string) => post("/qr", { authorization: server.token, "content-type": "text/plain" }, sent);

  it.each(paths)("gives %s without a token, as its type, to be kept by nobody and used by no other page", async (path) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(body).toBe(pageFiles[path]);
    const type = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" }[path.split(".")[1] ?? ""] ?? "text/html";
    expect(headers).toMatchObject({
      "content-type": `${type}; charset=utf-8`,
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  it.each([
    "/site/",
    "/site/nothing.js",
    "/site/__proto__",
    "/site/constructor",
    "/site/%2e%2e/page.html",
    "/site/..%2fpage.html",
    "/site.js/",
    "/page.html",
    "//site.js",
    "/site/..%5cpage.html",
  ])("has nothing at %s", async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it("gives no file to other names, pages and proxies, nor by other methods", async () => {
    for (const headers of [
      { host: "evil.example.com" },
      { origin: "https://evil.example.com" },
      { "sec-fetch-site": "cross-site" },
      { "x-forwarded-for": "10.0.0.1" },
    ]) {
      expect((await ask("/", { headers })).status).toBe(403);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) expect((await ask("/", { method })).status).toBe(405);
  });

  it("draws a QR code of a text, module by module", async () => {
    const text = "https://login.example.com/device?user_code=WDJB-MJHT";
    const { status, body } = await encoded(text);
    expect(status).toBe(200);
    const { size, path } = JSON.parse(body) as { size: number; path: string };
    const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
    for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) rows[Number(y)]![Number(x)] = true;
    expect(rows).toEqual(encode(text, { ecc: "M", border: 4 }).data);
    expect(path.replaceAll(/M\d+ \d+h1v1h-1z/g, "")).toBe("");
  });

  it("draws no QR code of nothing, of too much, or for a stranger", async () => {
    expect((await encoded("")).status).toBe(400);
    expect((await encoded("x".repeat(2_049))).status).toBe(413);
    expect((await encoded("x".repeat(9_000))).status).toBe(413);
    expect((await encoded("ü".repeat(1_024))).status).toBe(200);
    expect((await post("/qr", {}, "text")).status).toBe(401);
  });

  it("gets a token of its own for the server's, which is good for all but credentials", async () => {
    const { status, body } = await post("/session", { authorization: server.token });
    expect(status).toBe(200);
    const { token } = JSON.parse(body) as { token: string };
    expect(token).not.toBe(server.token);
    expect((await ask("/state", { headers: { authorization: token } })).status).toBe(200);
    for (const path of ["/credentials", "/credentials/corp-sso"]) {
      expect((await ask(path, { headers: { authorization: token } })).status).toBe(401);
      expect((await ask(path, { headers: { authorization: server.token } })).status).toBe(200);
    }
    expect((await post("/session", {})).status).toBe(401);
    expect((await post("/session", { authorization: `${token}x` })).status).toBe(401);
  });
});

describe("the page's files", () => {
  it("name each other and nothing else", () => {
    const named = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path ?? "");
    const imported = scripts.flatMap(([path, text]) =>
      [...text.matchAll(/from "([^"]+)"/g)].map(([, target]) => new URL(target ?? "", `http://page${path}`).pathname),
    );
    expect([...new Set(["/", ...named, ...imported])].toSorted()).toEqual(paths.toSorted());
  });

  it("hold no address of another server", () => {
    for (const [path, text] of Object.entries(pageFiles)) {
      const addresses = text.replaceAll(/^ \* @see .*$/gm, "").match(/(?:https?:)?\/\/[a-z][\w.-]+/gi) ?? [];
      expect({ path, addresses: addresses.filter((each) => each !== "http://www.w3.org") }).toEqual({ path, addresses: [] });
    }
    expect(pageFiles["/site.css"]).not.toMatch(/@import|url\(|@font-face/);
  });

  it("hold no script or style but in files of their own", () => {
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(html.match(/<script[^>]*>[^<]*<\/script>/g)).toEqual(['<script type="module" src="/site.js"></script>']);
    expect(pageFiles["/icon.svg"]).not.toMatch(/<script|\son\w+=|style/i);
  });

  it("make no markup and no code of text", () => {
    for (const [, text] of scripts)
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc/);
  });

  it("keep the token in the tab, and nowhere that lasts", () => {
    for (const [, text] of scripts) expect(text).not.toMatch(/localStorage|indexedDB|document\.cookie|console\./);
  });

  it("are small", () => {
    const bytes = Object.values(pageFiles).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(80_000);
    for (const [path, text] of scripts) expect({ path, lines: text.split("\n").length > 301 }).toEqual({ path, lines: false });
  });
});
