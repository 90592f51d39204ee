/** The browser flow in process: a browser of a few lines, a real listener, and whatever else reaches its port. */

import http from "node:http";
import net from "node:net";
import { inspect } from "node:util";

import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { unattendedTools } from "../../src/credentials/unattended.ts";
import { CancelledError, PersonNeededError } from "../../src/errors.ts";
import type { LoginTools } from "../../src/login/login-tools.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import type { Browser, Clock, Terminal } from "../../src/world.ts";
import { testTools } from "../credentials/fixtures.ts";
import { type FakeProvider, json, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const REDIRECT_URI = "http://127.0.0.1/callback";

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
});

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One request, to whatever address and with whatever headers; undefined when nobody answers it. */
function request(url: URL | string, options: http.RequestOptions = {}): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const sent = http.request(url, { agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.once("error", () => resolve(undefined)).end();
  });
}

interface FakeBrowser extends Browser {
  /** The redirect that the provider answers the authorization request with; the page that it led to. */
  readonly redirect: Promise<URL>;
  readonly page: Promise<Answer | undefined>;
}

/** Goes to the authorization URL and follows its redirect, after `before` has had its way with the listener. */
function browser(before: (redirect: URL) => Promise<unknown> | undefined = () => undefined): FakeBrowser {
  const redirect = withResolvers<URL>();
  const page = withResolvers<Answer | undefined>();
  return {
    isAvailable: true,
    redirect: redirect.promise,
    page: page.promise,
    open: async (url) => {
      const answer = await request(url);
      const location = new URL(answer?.headers.location ?? "");
      redirect.resolve(location);
      void Promise.resolve(before(location)).then(async () => page.resolve(await request(location)));
      return true;
    },
  };
}

/** Opens nothing that ever comes back. */
const lostBrowser: Browser = { isAvailable: true, open: async () => true };

/** A terminal on which nothing is typed: each question waits until it is taken back. */
function silentPerson(): Terminal & { readonly heard: string[]; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...person("never"),
    asked,
    ask: (message, _initial, signal) =>
      new Promise((_resolve, reject) => {
        asked.push(message);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
}

async function visit(heard: readonly string[]): Promise<string> {
  const url = /http\S+/.exec(heard.join(" "))?.[0] ?? "";
  return (await request(url))?.headers.location ?? "";
}

/** Pastes what the functions make of the redirect, in order. */
function pasting(...makers: ((redirect: URL) => string)[]) {
  const terminal = { ...silentPerson() };
  let redirect: string | undefined;
  const left = [...makers];
  const ask = async (message: string): Promise<string> => {
    terminal.asked.push(message);
    redirect ??= await visit(terminal.heard);
    const next = left.shift();
    if (next === undefined) throw new CancelledError();
    return next(new URL(redirect));
  };
  return { ...terminal, ask, say: (message: string) => void terminal.heard.push(message) };
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

const attempt = (parts: Partial<LoginTools>, login: Parameters<typeof loginOf>[1] = {}) =>
  logIn(loginOf(provider.issuer, { redirectUri: REDIRECT_URI, ...login }), toolsWith(provider.http, { profile: "dev", ...parts }));

const authorizations = () => provider.seen.filter(({ url }) => url.pathname === "/authorize").map(({ url }) => url.searchParams);

/** What the port answers once the login is over: nothing. */
const isOver = async (redirect: URL) => expect(await request(redirect)).toBeUndefined();

describe("a login in the browser", () => {
  it("costs the program discovery, token and keys, and the browser is told whose login it was", async () => {
    const shown = browser();
    const token = await attempt({ browser: shown });
    expect(token).toMatchObject({ subject: "subject-1", user: "alice" });
    expect(provider.requests).toEqual(["GET /.well-known/openid-configuration", "GET /authorize", "POST /token", "GET /keys"]);
    const page = await shown.page;
    expect(page).toMatchObject({ status: 200, headers: { connection: "close" } });
    expect(page?.body).toContain("You are logged in");
    expect(page?.body).toContain("Profile dev, as alice.");
    expect(page?.body).toContain("close this window");
    await isOver(await shown.redirect);
  });

  it("sends a fresh port, state, nonce and challenge each time, and no cookie or session of the forms", async () => {
    const tools = toolsWith(provider.http);
    for (const each of [1, 2])
      await logIn(loginOf(provider.issuer, { redirectUri: REDIRECT_URI }), { ...tools, browser: browser(), profile: `${each}` });
    const [first, second] = authorizations();
    for (const name of ["state", "nonce", "code_challenge"]) expect(first?.get(name)).not.toBe(second?.get(name));
    expect(first?.get("redirect_uri")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(first?.get("code_challenge_method")).toBe("S256");
    expect([...tools.store.entries.keys()].filter((key) => key.startsWith("session"))).toEqual([]);
  });

  it("tells the provider who is expected, where the profile says", async () => {
    await attempt({ browser: browser() }, { username: "alice" });
    await attempt({ browser: browser() });
    expect(authorizations().map((parameters) => parameters.get("login_hint"))).toEqual(["alice", null]);
  });

  it("says the address on the terminal, or in the log where there is none", async () => {
    const terminal = silentPerson();
    await attempt({ browser: browser(), terminal });
    const [asked] = authorizations();
    expect(terminal.heard[0]).toContain(`state=${asked?.get("state")}`);
    expect(terminal.heard[0]).toContain("profile dev");
    expect(terminal.heard.at(-1)).toBe("Logged in as alice.");
    const tools = toolsWith(provider.http, { browser: browser() });
    await logIn(loginOf(provider.issuer, { redirectUri: REDIRECT_URI }), tools);
    expect(tools.lines.join("\n")).toContain(`${provider.issuer}/authorize?`);
  });

  it("takes the question for a pasted address back when the browser was faster", async () => {
    const terminal = silentPerson();
    await attempt({ browser: browser(), terminal });
    expect(terminal.asked.length).toBeLessThanOrEqual(1);
  });
});

describe("the page", () => {
  it("has no script, loads nothing, is not kept, framed or told to others", async () => {
    const shown = browser();
    await attempt({ browser: shown });
    const page = await shown.page;
    const nonce = /<style nonce="([^"]+)">/.exec(page?.body ?? "")?.[1];
    expect(page?.headers).toMatchObject({
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(page?.body).not.toMatch(/<script|src=|href=|url\(|@import/i);
  });

  it("shows a provider's words and a profile's name, and reads neither as markup", async () => {
    provider.pages.set("GET /authorize", () =>
      provider.finish({ code: "", error: "access_denied", error_description: `<script>alert("x")</script>\u001b[1m & 'more'` }),
    );
    const shown = browser();
    const ended = attempt({ browser: shown, profile: "<b>dev</b>" });
    await expect(ended).rejects.toMatchObject({ code: "provider-refused", exitStatus: 4 });
    await expect(ended).rejects.toThrow(`access_denied: <script>alert("x")</script>\\u{1b}[1m & 'more'`);
    const page = await shown.page;
    expect(page?.status).toBe(400);
    expect(page?.body).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;\\u{1b}[1m &amp; &#39;more&#39;");
    expect(page?.body).toContain("&lt;b&gt;dev&lt;/b&gt;");
    for (const raw of ["<script", "<b>", "\u001b"]) expect(page?.body).not.toContain(raw);
  });

  it("says so when the login failed after the browser had come back", async () => {
    provider.claims = { aud: "another" };
    const shown = browser();
    await expect(attempt({ browser: shown })).rejects.toMatchObject({ code: "token-invalid" });
    expect((await shown.page)?.body).toContain("The login did not work");
  });
});

describe("what reaches the port and is not the redirect", () => {
  const stray = (change: (url: URL) => void, options: http.RequestOptions = {}) => {
    const answers: (Answer | undefined)[] = [];
    const shown = browser(async (redirect) => {
      const url = new URL(redirect);
      change(url);
      answers.push(await request(url, options));
    });
    return attempt({ browser: shown }).then(() => answers[0]);
  };

  const change = (edit: (url: URL) => unknown) => (url: URL) => void edit(url);

  it.each([
    ["no state", 400, change((url) => url.searchParams.delete("state")), {}],
    ["another state", 400, change((url) => url.searchParams.set("state", "x".repeat(43))), {}],
    ["another state and an error", 400, change((url) => (url.search = "?error=access_denied&state=x")), {}],
    ["nothing at all", 400, change((url) => (url.search = "")), {}],
    ["another path", 404, change((url) => (url.pathname = "/callback/")), {}],
    ["the icon", 404, change((url) => (url.pathname = "/favicon.ico")), {}],
    ["a rebound name as Host", 403, () => {}, { headers: { host: "evil.example" } }],
    ["the right address under another port as Host", 403, () => {}, { headers: { host: "127.0.0.1:1" } }],
    ["localhost as Host", 403, change((url) => (url.hostname = "localhost")), {}],
    ["POST", 405, () => {}, { method: "POST" }],
    ["PUT", 405, () => {}, { method: "PUT" }],
    ["OPTIONS", 405, () => {}, { method: "OPTIONS" }],
    ["HEAD of the redirect itself", 200, () => {}, { method: "HEAD" }],
  ] as const)("%s is answered %i, and the login goes on", async (_what, status, edit, options) => {
    const answer = await stray(edit, options);
    expect(answer).toMatchObject({ status, headers: { connection: "close" } });
    expect(answer?.body).not.toContain("state");
    expect(answer?.body).not.toContain("authorize");
    expect(provider.requests.filter((line) => line === "POST /token")).toHaveLength(1);
  });

  it("a thousand forged callbacks neither end a login nor slow it", async () => {
    const statuses: (number | undefined)[] = [];
    const shown = browser(async (redirect) => {
      const forge = async (index: number) => {
        const url = new URL(redirect);
        url.search = index % 2 === 0 ? `?code=forged&state=${index}` : `?error=access_denied&state=${index}`;
        statuses.push((await request(url))?.status);
      };
      // As many at once as a browser opens connections to one host, four times over.
      for (let sent = 0; sent < 1000; sent += 25) await Promise.all(Array.from({ length: 25 }, (_, index) => forge(sent + index)));
    });
    const startedAt = Date.now();
    await expect(attempt({ browser: shown })).resolves.toMatchObject({ user: "alice" });
    expect(statuses).toEqual(Array.from({ length: 1000 }, () => 400));
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(provider.requests.filter((line) => line === "POST /token")).toHaveLength(1);
  });

  it("connections that say nothing do not keep the browser out, however many there are", async () => {
    const shown = browser(async (redirect) => {
      const sockets = Array.from({ length: 200 }, () => net.connect(Number(redirect.port), "127.0.0.1").on("error", () => {}));
      onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve).once("close", resolve))));
      for (const socket of sockets) socket.write("GET /callback?sta");
    });
    await attempt({ browser: shown });
    expect((await shown.page)?.status).toBe(200);
  });

  it("headers without end are refused", async () => {
    const answer = await stray(() => {}, { headers: { cookie: "x".repeat(100_000) } });
    expect(answer?.status).toBe(431);
  });

  it("other programs' cookies for this host do not keep the browser out", async () => {
    let page: Answer | undefined;
    const shown: Browser = {
      isAvailable: true,
      open: async (url) => {
        const location = (await request(url))?.headers.location ?? "";
        void request(location, { headers: { cookie: "x".repeat(40_000) } }).then((answer) => (page = answer));
        return true;
      },
    };
    await attempt({ browser: shown });
    await vi.waitFor(() => expect(page?.status).toBe(200));
  });

  it("the redirect counts once", async () => {
    const second = withResolvers<Answer | undefined>();
    const tokens = provider.pages.get("POST /token");
    provider.pages.set("POST /token", async (seen) => {
      second.resolve(await request(await shown.redirect));
      return typeof tokens === "function" ? tokens(seen) : {};
    });
    const shown = browser();
    await attempt({ browser: shown });
    expect((await second.promise)?.status).toBe(400);
  });
});

describe("a redirect with the right state", () => {
  it.each([
    ["another issuer", { iss: "https://evil.example" }, "provider-answer"],
    ["no issuer, which this provider promises", { iss: "" }, "provider-answer"],
    ["no code", { code: "" }, "provider-answer"],
    ["an error", { code: "", error: "access_denied" }, "provider-refused"],
  ])("and %s ends the login before the token endpoint", async (_what, parameters, code) => {
    provider.pages.set("GET /authorize", () => provider.finish(parameters));
    const shown = browser();
    await expect(attempt({ browser: shown })).rejects.toMatchObject({ code });
    expect(provider.requests).not.toContain("POST /token");
    expect((await shown.page)?.body).toContain("The login did not work");
    await isOver(await shown.redirect);
  });
});

describe("the port", () => {
  it.each(["http://127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1:/callback", "http://127.0.0.1/callback?for=aws"])(
    "is any that is free where %s names none, and the rest of the address stays as it is",
    async (redirectUri) => {
      await attempt({ browser: browser() }, { redirectUri });
      const sent = authorizations()[0]?.get("redirect_uri") ?? "";
      expect(sent).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
      expect(sent.replace(/:\d+/, "")).toBe(redirectUri.replace(":/callback", "/callback"));
    },
  );

  it("is the one that the redirect URI names, and named when it is taken", async () => {
    const port = await freePort();
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    await attempt({ browser: browser() }, { redirectUri });
    expect(authorizations()[0]?.get("redirect_uri")).toBe(redirectUri);
    await occupy(port, "127.0.0.1");
    await expect(attempt({ browser: browser() }, { redirectUri })).rejects.toMatchObject({
      code: "redirect-unusable",
      exitStatus: 4,
      message: `cannot wait for the browser on port ${port} of this machine: another program listens there`,
      hint: expect.stringContaining("http://127.0.0.1/callback"),
    });
    expect(authorizations()).toHaveLength(1);
  });

  it.each(["127.0.0.1", "::1"])("of localhost is taken when it is taken on %s: the browser might go there", async (address) => {
    const port = await freePort();
    await occupy(port, address);
    await expect(attempt({ browser: browser() }, { redirectUri: `http://localhost:${port}/cb` })).rejects.toMatchObject({
      code: "redirect-unusable",
    });
  });

  it.each(["127.0.0.1", "[::1]"])("of localhost is listened at on %s", async (address) => {
    const reached: (number | undefined)[] = [];
    const shown = browser(async (redirect) => {
      const options = { host: address.replace(/[[\]]/g, ""), headers: { host: redirect.host } };
      reached.push((await request(`http://${address}:${redirect.port}/callback?state=x`, options))?.status);
    });
    await attempt({ browser: shown }, { redirectUri: "http://localhost/callback" });
    expect(reached).toEqual([400]);
    expect(authorizations()[0]?.get("redirect_uri")).toMatch(/^http:\/\/localhost:\d+\/callback$/);
  });

  it("of [::1] is listened at there", async () => {
    const shown = browser();
    await attempt({ browser: shown }, { redirectUri: "http://[::1]/callback" });
    expect((await shown.page)?.status).toBe(200);
  });

  it("is listened at before the browser opens, and by nobody when the login is over", async () => {
    let early: Answer | undefined;
    const shown = browser();
    const opens: Browser = {
      isAvailable: true,
      open: async (url) => {
        early = await request(url.searchParams.get("redirect_uri") ?? "");
        return shown.open(url);
      },
    };
    await attempt({ browser: opens });
    expect(early?.status).toBe(400);
    await isOver(await shown.redirect);
  });
});

describe("a redirect pasted into the terminal", () => {
  it.each([
    ["as it is", (redirect: URL) => redirect.href],
    ["with blanks around it", (redirect: URL) => `  ${redirect.href}\t`],
    ["without its scheme", (redirect: URL) => redirect.href.replace("http://", "")],
  ])("logs in, %s", async (_how, maker) => {
    const terminal = pasting(maker);
    await expect(attempt({ terminal })).resolves.toMatchObject({ user: "alice" });
    expect(terminal.heard[0]).toContain("open this address");
  });

  it("logs in though a browser was opened, when it is faster", async () => {
    await expect(attempt({ terminal: pasting((redirect) => redirect.href), browser: lostBrowser })).resolves.toMatchObject({
      user: "alice",
    });
  });

  it("is asked for again, with a word about it, until it is the right one", async () => {
    const terminal = pasting(
      () => "",
      () => "https://acme.example/done?code=1",
      () => "not an address",
      (redirect) => redirect.href.replace(/state=[^&]*/, "state=x"),
      (redirect) => redirect.href.replace(/code=[^&]*&/, ""),
      (redirect) => redirect.href.replace(/&iss=.*/, ""),
      (redirect) => redirect.href,
    );
    await expect(attempt({ terminal })).resolves.toMatchObject({ user: "alice" });
    expect(terminal.asked).toHaveLength(7);
    const words = terminal.heard.slice(1, -1);
    expect(words.map((line) => line.replace(/:\d+/, ""))).toEqual([
      ...Array.from({ length: 3 }, () => "That is not where this login ends: an address that begins with http://127.0.0.1/callback?"),
      "That address is of another login.",
      "That address holds no code: copy all of it.",
      "The end of that address is missing: copy all of it.",
    ]);
    expect(words.join()).not.toContain("the-code");
  });

  it("with the provider's error ends the login", async () => {
    provider.pages.set("GET /authorize", () => provider.finish({ code: "", error: "access_denied" }));
    await expect(attempt({ terminal: pasting((redirect) => redirect.href) })).rejects.toMatchObject({ code: "provider-refused" });
  });

  it("of another issuer ends the login", async () => {
    provider.pages.set("GET /authorize", () => provider.finish({ iss: "https://evil.example" }));
    await expect(attempt({ terminal: pasting((redirect) => redirect.href) })).rejects.toMatchObject({ code: "provider-answer" });
  });

  it("that never comes because of Ctrl-C ends the login at once, and the port is free again", async () => {
    const terminal = pasting();
    await expect(attempt({ terminal, browser: lostBrowser })).rejects.toBeInstanceOf(CancelledError);
    await isOver(new URL(/redirect_uri=([^&\s]+)/.exec(terminal.heard.join())?.[1]?.replace(/.*/, decodeURIComponent) ?? ""));
  });
});

describe("where no browser can be shown, at a provider with the device flow", () => {
  /** @see RFC 6749 section 5.2, which RFC 8628 section 3.2 refers to for errors */
  const refuse = (error: string, description: string) => json({ error, error_description: description }, 400);

  beforeEach(() => {
    const metadata = provider.pages.get("GET /.well-known/openid-configuration");
    const body = typeof metadata === "object" ? metadata.body : undefined;
    const endpoint = { device_authorization_endpoint: `${provider.issuer}/device_authorization` };
    provider.pages.set("GET /.well-known/openid-configuration", json({ ...(JSON.parse(body ?? "") as object), ...endpoint }));
  });

  it("a client that may not have a device's code goes on with a pasted redirect", async () => {
    provider.pages.set("POST /device_authorization", refuse("unauthorized_client", "not for this client"));
    const terminal = pasting((redirect) => redirect.href);
    const tools = toolsWith(provider.http, { terminal });
    await expect(logIn(loginOf(provider.issuer, { redirectUri: REDIRECT_URI }), tools)).resolves.toMatchObject({ user: "alice" });
    expect(tools.lines.join("\n")).toContain("unauthorized_client: not for this client: going on without a device's code");
  });

  it("a device that was asked for by name stays refused", async () => {
    provider.pages.set("POST /device_authorization", refuse("unauthorized_client", "not for this client"));
    const ended = attempt({ terminal: silentPerson() }, { flow: "device" });
    await expect(ended).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("not for this client") });
    expect(authorizations()).toEqual([]);
  });

  it("a browser that was asked for by name asks for no code", async () => {
    await attempt({ terminal: pasting((redirect) => redirect.href) }, { flow: "browser" });
    expect(provider.requests).not.toContain("POST /device_authorization");
  });
});

describe("a login that nobody finishes", () => {
  /** Five minutes pass at once, and no other length of time. */
  const impatient: Clock = {
    now: () => Date.now(),
    sleep: async (durationMs) => {
      if (durationMs !== 300_000) throw new Error(`slept for ${durationMs}`);
    },
  };

  it("is given up after five minutes", async () => {
    const terminal = silentPerson();
    await expect(attempt({ browser: lostBrowser, terminal, clock: impatient })).rejects.toMatchObject({
      code: "approval-refused",
      exitStatus: 4,
      message: expect.stringMatching(/nobody logged in at 127\.0\.0\.1:\d+ within 5 minutes/),
    });
    expect(provider.requests).toEqual(["GET /.well-known/openid-configuration"]);
  });

  it("needs a person when the browser does not start and there is no terminal", async () => {
    const broken: Browser = { isAvailable: true, open: async () => false };
    await expect(attempt({ browser: broken })).rejects.toMatchObject({
      exitStatus: 7,
      message: expect.stringContaining("no browser could be started"),
    });
  });

  it("is asked for on the terminal when the browser does not start", async () => {
    const terminal = silentPerson();
    const broken: Browser = { isAvailable: true, open: async () => false };
    await expect(attempt({ browser: broken, terminal, clock: impatient })).rejects.toMatchObject({ code: "approval-refused" });
    expect(terminal.heard.join("\n")).toContain("No browser could be started");
  });

  it("needs a person at once where there is neither browser nor terminal", async () => {
    await expect(attempt({})).rejects.toBeInstanceOf(PersonNeededError);
    expect(authorizations()).toEqual([]);
  });

  it("needs a person at once in the background, though there are a browser and a terminal", async () => {
    const { terminal, browser: none, log } = unattendedTools({ ...(await testTools()), terminal: silentPerson(), browser: lostBrowser });
    await expect(attempt({ terminal, browser: none, log })).rejects.toMatchObject({ exitStatus: 7, code: "person-needed" });
    expect(authorizations()).toEqual([]);
  });
});

it("no code, verifier or token is in an error, a log line or anything a person is told", async () => {
  const terminal = silentPerson();
  provider.makeToken = async () => "not.a.token";
  const tools = toolsWith(provider.http, { browser: browser(), terminal });
  const error: unknown = await logIn(loginOf(provider.issuer, { redirectUri: REDIRECT_URI }), tools).catch((caught: unknown) => caught);
  const verifier = provider.seen.find(({ url }) => url.pathname === "/token")?.form.get("code_verifier") ?? "";
  expect(verifier).not.toBe("");
  for (const secret of ["the-code", "not.a.token", verifier])
    expect(inspect([error, tools.lines, terminal.heard], { depth: 9 })).not.toContain(secret);
});

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function occupy(port: number, address: string): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, address, resolve));
  onTestFinished(() => void server.close());
}
