/**
 * A provider on loopback that answers exactly what a test plans: pages by address, discovery, keys and a token endpoint that checks the
 * code, the redirect URI and PKCE. An unplanned request fails the test.
 *
 * `http` speaks to it under any https name too, so that logins can cross origins without certificates.
 */

import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";

import * as jose from "jose";
import { afterEach } from "vitest";

import { createHttp } from "../../src/http/client.ts";
import type { Http, HttpRequest } from "../../src/world.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** One request as the fake saw it; `url` has the name it was made under. */
export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly form: URLSearchParams;
  /** As it came, for what is not a form. */
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly cookie: string;
}

export type Page = Answer | ((seen: Seen) => Answer | Promise<Answer>);

export interface FakeProvider {
  readonly issuer: string;
  /** "GET https://host/path" or "GET /path" → what it answers; tests add and replace. */
  readonly pages: Map<string, Page>;
  /** "GET /path", in order. */
  readonly requests: string[];
  /** Everything seen, with forms. */
  readonly seen: Seen[];
  readonly http: Http;
  /** Claims of the next id token; undefined ones are left out. */
  claims: Record<string, unknown>;
  /** Header of the next id token. */
  header: jose.JWTHeaderParameters;
  /** Makes the id token; replace it to send another. */
  makeToken: (claims: jose.JWTPayload, header: jose.JWTHeaderParameters) => Promise<string>;
  /** The redirect with a code that answers the last authorization request. */
  finish(parameters?: Record<string, string>): Answer;
  /** A new signing key under a new id; the old one goes. */
  rotateKey(kid: string): Promise<void>;
}

const running: { server: http.Server; unplanned: string[] }[] = [];

afterEach(() => {
  const unplanned = running.flatMap((each) => each.unplanned);
  for (const { server } of running.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  if (unplanned.length > 0) throw new Error(`not planned: ${unplanned.join(", ")}`);
});

export const html = (body: string, status = 200): Answer => ({ status, headers: { "content-type": "text/html" }, body });
export const redirect = (location: string, status = 302): Answer => ({ status, headers: { location } });
export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

/** Signs in at once; tests put a page in place of "GET /authorize". */
export async function startProvider(issuer?: string): Promise<FakeProvider> {
  const unplanned: string[] = [];
  const server = http.createServer((request, response) => void handle(request, response));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  running.push({ server, unplanned });
  const self = issuer ?? `http://127.0.0.1:${port}`;
  let authorization = new URLSearchParams();
  let key = await jose.generateKeyPair("ES256", { extractable: true });
  let kid = "key-1";

  const provider: FakeProvider = {
    issuer: self,
    pages: new Map(),
    requests: [],
    seen: [],
    http: underAnyName(port),
    claims: {},
    header: { alg: "ES256" },
    makeToken: (claims, header) => new jose.SignJWT(claims).setProtectedHeader({ kid, ...header }).sign(key.privateKey),
    finish: (parameters) => {
      const url = new URL(authorization.get("redirect_uri") ?? "");
      const all = { code: "the-code", state: authorization.get("state") ?? "", iss: self, ...parameters };
      for (const [name, value] of Object.entries(all)) if (value !== "") url.searchParams.set(name, value);
      return redirect(url.href);
    },
    rotateKey: async (newKid) => {
      key = await jose.generateKeyPair("ES256", { extractable: true });
      kid = newKid;
    },
  };
  announce(provider, {});
  provider.pages.set("GET /keys", async () =>
    json({ keys: [{ ...(await jose.exportJWK(key.publicKey)), kid, alg: "ES256", use: "sig" }] }),
  );
  provider.pages.set("GET /authorize", () => provider.finish());
  provider.pages.set("POST /token", async ({ form }) => answerToken(form, authorization, provider));

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "", (request.headers["x-origin"] as string | undefined) ?? self);
    const body = Buffer.concat(chunks).toString();
    const { headers, method = "" } = request;
    const seen = { method, url, form: new URLSearchParams(body), body, headers, cookie: headers.cookie ?? "" };
    provider.requests.push(`${seen.method} ${url.origin === new URL(self).origin ? "" : url.origin}${url.pathname}`);
    provider.seen.push(seen);
    const planned =
      provider.pages.get(`${seen.method} ${url.origin}${url.pathname}`) ?? provider.pages.get(`${seen.method} ${url.pathname}`);
    if (planned === undefined) unplanned.push(`${seen.method} ${url.href}`);
    if (url.searchParams.has("code_challenge")) authorization = url.searchParams;
    const answer = typeof planned === "function" ? await planned(seen) : (planned ?? { status: 500 });
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }
  return provider;
}

async function answerToken(form: URLSearchParams, authorization: URLSearchParams, provider: FakeProvider): Promise<Answer> {
  const challenge = createHash("sha256")
    .update(form.get("code_verifier") ?? "")
    .digest("base64url");
  const expected = {
    grant_type: "authorization_code",
    code: "the-code",
    client_id: authorization.get("client_id"),
    redirect_uri: authorization.get("redirect_uri"),
  };
  const isProven = authorization.get("code_challenge_method") === "S256" && challenge === authorization.get("code_challenge");
  const isExpected = Object.entries(expected).every(([name, value]) => form.get(name) === value);
  if (!isProven || !isExpected) return json({ error: "invalid_request", error_description: "not what the fake expects" }, 400);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: provider.issuer,
    sub: "subject-1",
    aud: authorization.get("client_id") ?? "",
    nonce: authorization.get("nonce"),
    iat: now,
    exp: now + 300,
    preferred_username: "alice",
    ...provider.claims,
  };
  const payload = JSON.parse(JSON.stringify(claims)) as jose.JWTPayload;
  return json({ access_token: "access", token_type: "Bearer", id_token: await provider.makeToken(payload, provider.header) });
}

/** Requests to any https origin go to the fake, which is told the name. */
function underAnyName(port: number): Http {
  const real = createHttp({ env: {} });
  return async (request: HttpRequest) => {
    if (request.url.protocol === "http:") return real(request);
    const url = new URL(request.url.pathname + request.url.search, `http://127.0.0.1:${port}`);
    const response = await real({ ...request, url, headers: { ...request.headers, "x-origin": request.url.origin } });
    return { ...response, url: request.url };
  };
}

/** The provider's discovery document says these things too. */
export function announce({ issuer, pages }: Pick<FakeProvider, "issuer" | "pages">, members: Record<string, unknown>): void {
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    authorization_response_iss_parameter_supported: true,
    ...members,
  };
  pages.set("GET /.well-known/openid-configuration", json(metadata));
}
