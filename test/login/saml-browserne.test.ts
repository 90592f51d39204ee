/** SAML in the system's browser: a browser of a few lines that posts what a provider would, a real port, and whatever else reaches it. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { inflateRawSync } from "node:zlib";

import { describe, expect, it, onTestFinished } from "vitest";

import { unattendedTools } from "../../src/credentials/unattended.ts";
import { PersonNeededError } from "../../src/errors.ts";
import type { LoginTools } from "../../src/login/login-tools.ts";
import { logIn } from "../../src/login/saml/login.ts";
import type { Browser, Clock } from "../../src/world.ts";
import { testTools } from "../credentials/fixtures.ts";
import { type ResponseParts, responseXml, roleArn } from "../fakes/saml-response.ts";
import { makeKey, metadataXml, signXml } from "../fakes/saml-signing.ts";
import { type FakeProvider, startProvider } from "./fake-provider.ts";
import { person, samlLoginOf, toolsWith } from "./fixtures.ts";

const START = "https://idp.example.com/sso";
const ISSUER = "https://idp.example.com/saml";
const key = makeKey();

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Sending extends http.RequestOptions {
  readonly content?: string;
}

/** One request; undefined when nobody answers it. */
function send(url: URL | string, { content, ...options }: Sending = {}): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const sent = http.request(url, { agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.once("error", () => resolve(undefined)).end(content);
  });
}

/** What a provider reads of the address that is opened. */
interface Asked {
  readonly url: URL;
  readonly xml: string;
  readonly id: string;
  readonly acs: string;
  readonly relayState: string;
}

function readRequest(url: URL): Asked {
  const xml = inflateRawSync(Buffer.from(url.searchParams.get("SAMLRequest") ?? "", "base64")).toString();
  const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? "";
  return {
    url,
    xml,
    id: attribute("ID"),
    acs: attribute("AssertionConsumerServiceURL"),
    relayState: url.searchParams.get("RelayState") ?? "",
  };
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** As the page of a provider does: across origins. */
const post = (acs: string, fields: Record<string, string>, options: Sending = {}) =>
  send(acs, {
    method: "POST",
    headers: { ...FORM, origin: "https://idp.example.com", "sec-fetch-site": "cross-site" },
    content: new URLSearchParams(fields).toString(),
    ...options,
  });

const respond = (asked: Asked, parts: ResponseParts = {}) => responseXml({ destination: asked.acs, inResponseTo: asked.id, ...parts });
const encode = (xml: string) => Buffer.from(xml).toString("base64");

interface FakeBrowser extends Browser {
  readonly asked: Asked[];
  readonly pages: (Answer | undefined)[];
  /** Resolves when the provider's post was answered. */
  readonly ended: Promise<void>;
}

type Provide = (asked: Asked) => string;

/** Logs in at once: posts what the provider makes of the request, after `before` has had its way with the port. */
function browser(provide: Provide = respond, before: (asked: Asked) => Promise<unknown> = async () => {}): FakeBrowser {
  const asked: Asked[] = [];
  const pages: (Answer | undefined)[] = [];
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const visit = async (request: Asked): Promise<void> => {
    await before(request);
    pages.push(await post(request.acs, { SAMLResponse: encode(provide(request)), RelayState: request.relayState }));
    end();
  };
  return {
    isAvailable: true,
    asked,
    pages,
    ended,
    open: async (url) => {
      const request = readRequest(url);
      asked.push(request);
      void visit(request);
      return true;
    },
  };
}

const lostBrowser: Browser = { isAvailable: true, open: async () => true };
const brokenBrowser: Browser = { isAvailable: true, open: async () => false };

interface Attempt extends Partial<LoginTools> {
  readonly authUrl?: string;
  readonly entityId?: string;
  readonly metadata?: string;
  readonly fake?: FakeProvider;
}

async function attempt({ authUrl = START, entityId, metadata, fake, ...parts }: Attempt) {
  const provider = fake ?? (await startProvider("https://idp.example.com"));
  const login = samlLoginOf(authUrl, {
    provider: "browserne",
    ...(entityId === undefined ? {} : { entityId }),
    ...(metadata === undefined ? {} : { metadata }),
  });
  const tools = toolsWith(provider.http, { profile: "dev", ...parts });
  return { tools, provider, login, outcome: logIn(login, tools) };
}

const succeed = async (parts: Attempt) => (await attempt(parts)).outcome;

describe("a login by browserne", () => {
  it("opens a request at the provider and takes the response that is posted to a port of this machine", async () => {
    const shown = browser();
    const { outcome, provider, tools } = await attempt({ browser: shown });
    const assertion = await outcome;
    expect(assertion).toMatchObject({ issuer: ISSUER, user: "jo@example.com", roles: [{ roleArn: roleArn("dev") }] });
    await shown.ended;
    expect(shown.pages[0]).toMatchObject({ status: 200, headers: { connection: "close" } });
    expect(shown.pages[0]?.body).toContain("Profile dev, as jo@example.com.");
    expect(await post(shown.asked[0]?.acs ?? "", {})).toBeUndefined();
    expect(provider.requests).toEqual([]);
    expect(tools.lines).toContain("there is no metadata of idp.example.com: only AWS verifies who signed the response");
  });

  it("asks as providers have it registered", async () => {
    const shown = browser();
    await succeed({ browser: shown, authUrl: `${START}?app=a%20b&x=%2F#part`, entityId: 'urn:"us" & <them>' });
    const { url, xml, id, acs, relayState } = shown.asked[0] ?? readRequest(new URL(START));
    expect(url.href).toMatch(/^https:\/\/idp\.example\.com\/sso\?app=a%20b&x=%2F&SAMLRequest=[^&#]+&RelayState=[\w-]{43}$/);
    expect(acs).toMatch(/^http:\/\/localhost:\d+\/saml\/acs$/);
    expect(id).toMatch(/^id-[0-9a-f]{40}$/);
    expect(relayState).toHaveLength(43);
    expect(xml).toContain(` Destination="${START}?app=a%20b&amp;x=%2F" `);
    expect(xml).toMatch(/ IssueInstant="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z" /);
    expect(xml).toContain(' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"');
    expect(xml).toContain(">urn:&quot;us&quot; &amp; &lt;them&gt;</saml:Issuer>");
    expect(xml).toContain('AllowCreate="true" Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"');
  });

  it("is of its own metadata's address where no entity id is set, and new each time", async () => {
    const [first, second] = [browser(), browser()];
    await succeed({ browser: first });
    await succeed({ browser: second });
    const [one, other] = [first, second].map(({ asked }) => asked[0]);
    expect(one?.xml).toContain(`>${one?.acs.replace("/saml/acs", "/saml/metadata")}</saml:Issuer>`);
    expect(one?.id).not.toBe(other?.id);
    expect(one?.relayState).not.toBe(other?.relayState);
  });

  it("says the address on the terminal, or in the log where there is none, and how a browser elsewhere comes back", async () => {
    const shown = browser();
    const terminal = person("never");
    await succeed({ browser: { ...shown, isAvailable: true }, terminal });
    expect(terminal.heard[0]).toContain(
      `Log in at idp.example.com for profile dev in the browser; if none opens, open this address:\n${shown.asked[0]?.url.href}`,
    );
    expect(terminal.heard.at(-1)).toBe("Logged in as jo@example.com.");
    const elsewhere: Browser = { isAvailable: false, open: async () => false };
    const remote = {
      ...person("never"),
      say: (message: string) =>
        void (message.startsWith("Log in") ? shown.open(new URL(/https\S+/.exec(message)?.[0] ?? "")) : heard.push(message)),
    };
    const heard: string[] = [];
    await succeed({ browser: elsewhere, terminal: remote });
    const { port } = new URL(shown.asked[1]?.acs ?? "");
    expect(heard[0]).toContain(`ssh -L ${port}:localhost:${port}`);
    const { outcome, tools } = await attempt({ browser: browser() });
    await outcome;
    expect(tools.lines.join("\n")).toContain(`${START}?SAMLRequest=`);
  });

  it("tells the browser what was wrong with the response", async () => {
    const shown = browser((asked) => respond(asked, { inResponseTo: "id-other" }));
    await expect(succeed({ browser: shown })).rejects.toMatchObject({ code: "assertion-invalid", exitStatus: 4 });
    await shown.ended;
    expect(shown.pages[0]).toMatchObject({ status: 400, body: expect.stringContaining("does not answer this login&#39;s request") });
    expect(await post(shown.asked[0]?.acs ?? "", {})).toBeUndefined();
  });

  it("shows a provider's refusal in its words, and reads them as no markup", async () => {
    const refusal = `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/><samlp:StatusMessage>&lt;b&gt;no&lt;/b&gt;</samlp:StatusMessage></samlp:Status>`;
    const shown = browser((asked) => respond(asked).replace(/<samlp:Status>.*<\/samlp:Status>/, refusal));
    await expect(succeed({ browser: shown })).rejects.toMatchObject({
      code: "provider-refused",
      message: "the SAML response of idp.example.com says Responder: <b>no</b>",
    });
    await shown.ended;
    expect(shown.pages[0]?.body).toContain("Responder: &lt;b&gt;no&lt;/b&gt;");
  });

  it("has no part of the response in the log, on the terminal or in an error", async () => {
    const terminal = person("never");
    const { outcome, tools } = await attempt({
      browser: browser((asked) => respond(asked, { roles: ["s3cret"], issuer: "s3cret" })),
      terminal,
    });
    const error: unknown = await outcome.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "assertion-invalid" });
    expect(inspect([error, tools.lines, terminal.heard], { depth: 9 })).not.toContain("s3cret");
  });
});

describe("what reaches the port and is not the response", () => {
  const stray = async (make: (asked: Asked) => [url: string, sending: Sending]) => {
    const answers: (Answer | undefined)[] = [];
    const shown = browser(respond, async (asked) => answers.push(await send(...make(asked))));
    await succeed({ browser: shown });
    return answers[0];
  };
  const fields = (asked: Asked, more: Record<string, string> = {}) =>
    new URLSearchParams({ SAMLResponse: encode(respond(asked)), RelayState: asked.relayState, ...more }).toString();
  const posted = (content: string, headers: http.OutgoingHttpHeaders = {}): Sending => ({
    method: "POST",
    headers: { ...FORM, ...headers },
    content,
  });

  it.each<[string, number, (asked: Asked) => [string, Sending]]>([
    ["another RelayState", 400, (asked) => [asked.acs, posted(fields(asked, { RelayState: "x".repeat(43) }))]],
    ["no RelayState", 400, (asked) => [asked.acs, posted(fields(asked, { RelayState: "" }))]],
    ["no response", 400, (asked) => [asked.acs, posted(fields(asked, { SAMLResponse: "" }))]],
    ["an empty post", 400, (asked) => [asked.acs, posted("")]],
    ["the right fields in the query", 400, (asked) => [`${asked.acs}?${fields(asked)}`, posted("")]],
    ["a GET with the right fields", 405, (asked) => [`${asked.acs}?${fields(asked)}`, {}]],
    ["PUT", 405, (asked) => [asked.acs, { ...posted(fields(asked)), method: "PUT" }]],
    ["OPTIONS", 405, (asked) => [asked.acs, { method: "OPTIONS" }]],
    ["HEAD", 405, (asked) => [asked.acs, { method: "HEAD" }]],
    ["another path", 404, (asked) => [`${asked.acs}/`, posted(fields(asked))]],
    ["the old tool's other paths", 404, (asked) => [asked.acs.replace("acs", "any"), posted(fields(asked))]],
    ["a rebound name as Host", 403, (asked) => [asked.acs, posted(fields(asked), { host: "evil.example" })]],
    [
      "an address as Host",
      403,
      (asked) => [asked.acs, posted(fields(asked), { host: new URL(asked.acs).host.replace("localhost", "127.0.0.1") })],
    ],
    ["JSON", 415, (asked) => [asked.acs, posted("{}", { "content-type": "application/json" })]],
    ["text", 415, (asked) => [asked.acs, posted(fields(asked), { "content-type": "text/plain" })]],
    ["more than a megabyte, as it says", 413, (asked) => [asked.acs, posted("", { "content-length": "1048577" })]],
  ])("%s is answered %i, and the login goes on", async (_what, status, make) => {
    const answer = await stray(make);
    expect(answer).toMatchObject({ status, headers: { connection: "close" } });
    expect(answer?.body).not.toMatch(/SAMLRequest|RelayState/);
  });

  it("more than a megabyte that does not say so is not taken, and the login goes on", async () => {
    const answer = await stray((asked) => [
      asked.acs,
      posted(`${fields(asked)}&x=${"x".repeat(2_000_000)}`, { "transfer-encoding": "chunked" }),
    ]);
    expect([413, undefined]).toContain(answer?.status);
  });

  it("a thousand forged posts neither end a login nor slow it", async () => {
    const statuses: (number | undefined)[] = [];
    const shown = browser(respond, async (asked) => {
      const forge = async (index: number) => {
        const SAMLResponse = encode(respond(asked, { user: "mallory" }));
        statuses.push((await post(asked.acs, { SAMLResponse, RelayState: `${index}` }))?.status);
      };
      for (let sent = 0; sent < 1000; sent += 25) await Promise.all(Array.from({ length: 25 }, (_, index) => forge(sent + index)));
    });
    const startedAt = Date.now();
    await expect(succeed({ browser: shown })).resolves.toMatchObject({ user: "jo@example.com" });
    expect(statuses).toEqual(Array.from({ length: 1000 }, () => 400));
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  });

  it("the response counts once", async () => {
    const second: (Answer | undefined)[] = [];
    const shown = browser((asked) => respond(asked));
    const { outcome } = await attempt({
      browser: {
        ...shown,
        open: async (url) => {
          const asked = readRequest(url);
          const right = { SAMLResponse: encode(respond(asked)), RelayState: asked.relayState };
          const answers = [post(asked.acs, right), post(asked.acs, right)];
          void Promise.all(answers).then((all) => second.push(...all));
          return true;
        },
      },
    });
    await outcome;
    await expect.poll(() => second.map((answer) => answer?.status ?? 400).sort()).toEqual([200, 400]);
  });
});

describe("who signed the response", () => {
  const keycloak = "https://idp.example.com/auth/realms/corp/protocol/saml";
  const published = async (path: string, xml: string) => {
    const fake = await startProvider("https://idp.example.com");
    fake.pages.set(`GET ${path}`, { body: xml });
    return fake;
  };
  const signing: Provide = (asked) => signXml(respond(asked), key);
  const forging: Provide = (asked) => signXml(respond(asked), makeKey());

  // https://www.keycloak.org/docs/latest/server_admin/#_client-saml-configuration: the descriptor's address
  it.each([keycloak, `${keycloak}/clients/amazon-aws`])("is verified by Keycloak's own descriptor for %s", async (authUrl) => {
    const fake = await published("/auth/realms/corp/protocol/saml/descriptor", metadataXml(ISSUER, [key]));
    await expect(succeed({ authUrl, fake, browser: browser(signing) })).resolves.toMatchObject({ user: "jo@example.com" });
    await expect(succeed({ authUrl, fake, browser: browser(forging) })).rejects.toThrow(
      "is not signed with a key of the provider's metadata",
    );
    await expect(succeed({ authUrl, fake, browser: browser(respond) })).rejects.toThrow("is not signed");
    expect(fake.requests).toEqual(Array.from({ length: 3 }, () => "GET /auth/realms/corp/protocol/saml/descriptor"));
  });

  it("is verified by the metadata that saml_metadata names, from a URL or a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "metadata-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "idp.xml"), metadataXml(ISSUER, [key]));
    const fake = await published("/metadata", metadataXml(ISSUER, [key]));
    for (const metadata of ["https://idp.example.com/metadata?appid=1", join(folder, "idp.xml"), "~/idp.xml"]) {
      await expect(succeed({ metadata, fake, homeDir: folder, browser: browser(signing) })).resolves.toMatchObject({ issuer: ISSUER });
      await expect(succeed({ metadata, fake, homeDir: folder, browser: browser(forging) })).rejects.toThrow("is not signed with a key");
    }
  });

  it("is left to AWS with saml_metadata = none, without a request", async () => {
    const { outcome, provider, tools } = await attempt({ authUrl: keycloak, metadata: "None", browser: browser(forging) });
    await expect(outcome).resolves.toMatchObject({ user: "jo@example.com" });
    expect(provider.requests).toEqual([]);
    expect(tools.lines.join()).toContain("only AWS verifies");
  });

  it.each([
    ["is not there", { status: 404, body: "" }, /gives no SAML metadata at \/metadata: status 404/],
    ["is a page", { body: "<html/>" }, /gives no SAML metadata at \/metadata: what it gives is none/],
  ])("ends the login before a browser is opened where the metadata %s", async (_what, answer, message) => {
    const fake = await startProvider("https://idp.example.com");
    fake.pages.set("GET /metadata", answer);
    const shown = browser(signing);
    await expect(succeed({ metadata: "https://idp.example.com/metadata", fake, browser: shown })).rejects.toMatchObject({
      code: "provider-answer",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("saml_metadata"),
    });
    expect(shown.asked).toEqual([]);
  });

  it.each(["a pipe that nobody writes to", "a device without an end"])("ends the login at once where the file is %s", async (what) => {
    const folder = mkdtempSync(join(tmpdir(), "metadata-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const metadata = what.startsWith("a pipe") ? join(folder, "pipe") : "/dev/zero";
    await expect(succeed({ metadata, browser: browser(signing) })).rejects.toMatchObject({
      code: "config-value",
      message: expect.stringContaining("is no SAML metadata of an identity provider"),
    });
  });

  it("ends the login where the file cannot be used", async () => {
    const shown = browser(signing);
    await expect(succeed({ metadata: "/does/not/exist.xml", browser: shown })).rejects.toMatchObject({
      code: "config-value",
      exitStatus: 3,
    });
    await expect(succeed({ metadata: import.meta.filename, browser: shown })).rejects.toThrow(
      "is no SAML metadata of an identity provider",
    );
    expect(shown.asked).toEqual([]);
  });
});

describe("a browser that does not come back", () => {
  const impatient: Clock = {
    now: () => Date.now(),
    sleep: async (durationMs) => {
      if (durationMs !== 300_000) throw new Error(`slept for ${durationMs}`);
    },
  };

  it("is given up after five minutes", async () => {
    await expect(succeed({ browser: lostBrowser, clock: impatient })).rejects.toMatchObject({
      code: "approval-refused",
      message: "nobody logged in at idp.example.com within 5 minutes",
    });
  });

  it("is told of on the terminal when it does not start, and needs a person where there is none", async () => {
    const terminal = person("never");
    await expect(succeed({ browser: brokenBrowser, terminal, clock: impatient })).rejects.toMatchObject({ code: "approval-refused" });
    expect(terminal.heard.join("\n")).toContain("No browser could be started");
    await expect(succeed({ browser: brokenBrowser })).rejects.toMatchObject({ exitStatus: 7 });
  });

  it("needs a person at once where there is neither browser nor terminal, and in the background, where nothing is opened or asked for", async () => {
    const authUrl = "https://idp.example.com/realms/corp/protocol/saml";
    await expect(succeed({ authUrl })).rejects.toBeInstanceOf(PersonNeededError);
    const shown = browser();
    const { terminal, browser: none, log } = unattendedTools({ ...(await testTools()), terminal: person("never"), browser: shown });
    const { outcome, provider } = await attempt({ authUrl, terminal, browser: none, log });
    await expect(outcome).rejects.toMatchObject({ exitStatus: 7, code: "person-needed" });
    expect(shown.asked).toEqual([]);
    expect(provider.requests).toEqual([]);
  });
});

it("a provider that is spoken to by plain http is not opened", async () => {
  const shown = browser();
  await expect(succeed({ browser: shown, authUrl: "http://idp.example.com/sso" })).rejects.toMatchObject({ code: "untrusted-destination" });
  expect(shown.asked).toEqual([]);
  await expect(succeed({ browser: shown, authUrl: "http://localhost:8080/sso" })).resolves.toMatchObject({ user: "jo@example.com" });
});
