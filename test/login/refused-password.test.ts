/** A password that was refused is not sent again by itself within a minute, whoever has it; a person's is. */

import { beforeEach, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/store.ts";
import { type FakeProvider, html, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const HINT =
  "the password is the environment variable GIVEN; it was refused within the last minute and is not sent again so soon: aws-runas login PROFILE sends it at once";

let provider: FakeProvider;
let clock: ReturnType<typeof movedClock>;
let run: (parts: Parameters<typeof loginOf>[1], tools?: Parameters<typeof toolsWith>[1]) => Promise<unknown>;
const sent = () => provider.seen.filter(({ method }) => method === "POST").map(({ form }) => form.get("password"));
const loginForm = (error = "") =>
  html(
    `<p class="error">${error}</p><form method="post" action="/login"><input name="username"><input type="password" name="password"></form>`,
  );

beforeEach(async () => {
  provider = await startProvider();
  provider.pages.set("GET /authorize", loginForm());
  provider.pages.set("POST /login", loginForm("Invalid username or password."));
  clock = movedClock();
  const tools = toolsWith(provider.http);
  const store = openStore({ env: { AWSRUNAS_STORE: "none" }, homeDir: "/nowhere", platform: "linux", clock, log: tools.log });
  run = (parts, more) =>
    logIn(loginOf(provider.issuer, { username: "alice", password: "wrong", ...parts }), { ...toolsWith(provider.http, more), store, clock })
      .then(() => "in")
      .catch(({ code, message, hint }: Record<string, unknown>) => ({ code, message, hint }));
});

it("fails as the first did, and the hint says why it was not sent", async () => {
  const first = await run({});
  expect(first).toMatchObject({ code: "credentials-refused", hint: expect.stringContaining("tried once") });
  expect(await run({})).toEqual({ ...(first as object), hint: HINT });
  expect(sent()).toEqual(["wrong"]);
});

it("is sent again after a minute, which those in between do not prolong", async () => {
  await run({});
  clock.advance(40_000);
  await run({});
  clock.advance(21_000);
  await run({});
  expect(sent()).toEqual(["wrong", "wrong"]);
});

it("is sent again after a clock was set back, which does not make its minute long", async () => {
  clock.advance(86_400_000);
  await run({});
  clock.advance(-86_400_000);
  await run({});
  expect(sent()).toEqual(["wrong", "wrong"]);
});

it("holds up no other password, user or provider", async () => {
  await run({});
  await run({ password: "another" });
  await run({}); // only the last is remembered
  await run({ username: "bob" });
  await run({ authUrl: `${provider.issuer}/` });
  expect(sent()).toEqual(["wrong", "another", "wrong", "wrong", "wrong"]);
});

it("holds up nobody who types it, and what was typed is not remembered", async () => {
  const typed = { terminal: person("wrong", "wrong", "wrong") };
  const untold = { password: undefined } as never;
  await run({});
  await run(untold, typed);
  await run(untold, { storedPassword: async () => new Secret("wrong") });
  expect(sent()).toEqual(["wrong", "wrong", "wrong", "wrong"]);
});

it("is in the store by a salted hash alone", async () => {
  const tools = toolsWith(provider.http);
  const mark = async (): Promise<unknown> => {
    tools.store.entries.clear();
    await logIn(loginOf(provider.issuer, { username: "alice", password: "wrong" }), tools).catch(() => undefined);
    return JSON.parse([...tools.store.entries].find(([name]) => name.startsWith("refusal "))?.[1] ?? "");
  };
  const [first, second] = [await mark(), await mark()];
  expect(first).toEqual({
    at: expect.any(Number),
    salt: expect.any(String),
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    refusal: expect.any(String),
  });
  expect(first).not.toMatchObject({ hash: (second as { hash: string }).hash });
  expect(JSON.stringify(first)).not.toContain("wrong");
});
