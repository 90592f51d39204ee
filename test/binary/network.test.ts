/** Proxies and certificate authorities, for the provider and STS alike, on both built programs. */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import { makeCertificate } from "../http/certificate.ts";
import { serve, serveProxy } from "../http/servers.ts";
import { type FakeProvider, startProvider } from "../login/fake-provider.ts";
import { artefacts, makeHome, type Outcome, run } from "./artefacts.ts";

/** Names that no resolver knows: only a proxy leads there. */
const PROVIDER = "sso.example.test";
const STS = "sts.example.test";
/** Leads to this machine without being one of the addresses that are never asked for through a proxy. */
const ANY_ADDRESS = "0.0.0.0";
const certificate = makeCertificate(PROVIDER, STS, ANY_ADDRESS);

let sts: FakeSts;
let provider: FakeProvider;
let home: ReturnType<typeof makeHome>;
/** The port of both, behind TLS; their own servers speak http. */
let port: string;

beforeEach(async () => {
  port = new URL(await serve((request, response) => void passOn(request, response), certificate)).port;
  sts = await startFakeSts();
  home = makeHome("");
  writeFileSync(join(home.path, "ca.pem"), certificate.cert);
  return async () => {
    home.remove();
    await sts.finish();
  };
});

/** STS is asked at "/", the provider anywhere else. */
async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [method, body] = [request.method as "GET" | "POST", await text(request)];
  if (request.url === "/") {
    const answer = await fetch(sts.endpoint, { method, body });
    response.writeHead(answer.status).end(await answer.text());
  } else {
    const { status, headers, body: page } = await provider.http({ method, url: new URL(request.url ?? "", provider.issuer), body });
    response.writeHead(status, { ...headers } as OutgoingHttpHeaders).end(page);
  }
}

describe.each(artefacts)("$name", (artefact) => {
  /** Logs in at the provider, takes the role at STS and prints the credentials. */
  async function logIn(origins: { provider: string; sts: string }, env: Record<string, string>): Promise<Outcome> {
    provider = await startProvider(origins.provider);
    const settings = {
      HOME: home.path,
      WEB_IDENTITY_AUTH_URL: origins.provider,
      WEB_IDENTITY_CLIENT_ID: "client-1",
      WEB_IDENTITY_REDIRECT_URI: "app:/callback",
      AWS_ENDPOINT_URL_STS: origins.sts,
    };
    return run(artefact, ["-O", "json", "arn:aws:iam::123456789012:role/dev"], { env: { ...settings, ...env } });
  }
  const here = () => ({ provider: `https://127.0.0.1:${port}`, sts: `https://127.0.0.1:${port}` });
  const behindProxy = { provider: `https://${PROVIDER}`, sts: `https://${STS}` };
  const granted = { status: 0, stdout: expect.stringContaining("ASIA-dev"), stderr: "" };
  const bundle = () => join(home.path, "ca.pem");

  test.each(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])(
    "%s names an authority that the provider and STS are trusted by",
    async (variable) => {
      sts.plan(grant());
      expect(await logIn(here(), { [variable]: bundle() })).toMatchObject(granted);
    },
  );

  test("an authority that nobody named is trusted at neither", async () => {
    expect(await logIn(here(), {})).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining("certificate") });
    const plain = await startProvider();
    const env = { WEB_IDENTITY_AUTH_URL: plain.issuer };
    expect(await logIn(here(), env)).toMatchObject({ status: 5, stdout: "", stderr: expect.stringContaining("certificate") });
  });

  test.each(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])("HTTPS_PROXY leads to both, with its password and %s", async (variable) => {
    sts.plan(grant());
    const proxy = await serveProxy(Number(port));
    const env = { [variable]: bundle(), HTTPS_PROXY: proxy.url.replace("//", "//user:p%40ss@") };
    expect(await logIn(behindProxy, env)).toMatchObject(granted);
    const proof = `Basic ${btoa("user:p@ss")}`;
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${PROVIDER}:443 ${proof}`, `CONNECT ${STS}:443 ${proof}`]));
  });

  test("NO_PROXY exempts a host, and the other still goes through the proxy", async () => {
    sts.plan(grant());
    const proxy = await serveProxy(Number(port));
    const env = { AWS_CA_BUNDLE: bundle(), HTTPS_PROXY: proxy.url, NO_PROXY: ANY_ADDRESS };
    expect(await logIn({ ...behindProxy, provider: `https://${ANY_ADDRESS}:${port}` }, env)).toMatchObject(granted);
    expect(proxy.seen).toEqual([`CONNECT ${STS}:443 -`]);
  });

  test("a proxy that is not there ends the login with its address", async () => {
    const env = { AWS_CA_BUNDLE: bundle(), HTTPS_PROXY: "http://user:p%40ss@127.0.0.1:1" };
    const outcome = await logIn(behindProxy, env);
    expect(outcome).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining(PROVIDER) });
    expect(outcome.stderr).not.toContain("p%40ss");
  });
});
