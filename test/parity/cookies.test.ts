/** The Go tool's cookie jar (reference/cli.md, section 5.3), statement by statement: the same, or different on purpose. */

import { readFileSync, statSync, truncateSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openSession } from "../../src/http/session.ts";
import { TestClock, MINUTE } from "../credentials/fixtures.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, kept } = world;
const noPassword = { env: { WEB_IDENTITY_PASSWORD: "" } };
/** One more login, from the session that the first one left. */
const again = () => run(["-r", "developer", "true"], noPassword);

/** A session that has been set these cookies, at this place, and been closed and opened again. */
async function reopened(cookies: readonly string[], from = "https://id.example.com/realms/x/login") {
  const clock = new TestClock();
  const first = openSession({ http: async () => Promise.reject(new Error("not asked")), clock, onRedirect: () => "stop" });
  for (const cookie of cookies) await first.keep(new URL(from), cookie);
  return first.cookies();
}

/** What is sent along to a place. */
async function sentTo(url: string, cookies: unknown): Promise<string | undefined> {
  let sent: string | undefined;
  const http = async (request: { url: URL; headers?: Readonly<Record<string, string>> }) => {
    sent = request.headers?.["cookie"];
    return { status: 200, url: request.url, headers: {}, body: "" };
  };
  await openSession({ http, clock: new TestClock(), cookies, onRedirect: () => "stop" }).send({ method: "GET", url: new URL(url) });
  return sent;
}

describe("5.3 which cookies go where", () => {
  test("same: a port does not count, and another host's name does", async () => {
    const cookies = await reopened(["a=1; Path=/"]);
    expect(await sentTo("https://id.example.com:8443/", cookies)).toBe("a=1");
    expect(await sentTo("https://other.example.com/", cookies)).toBeUndefined();
  });

  test("same: Domain and Path count", async () => {
    const cookies = await reopened(["a=1; Domain=example.com; Path=/", "b=1; Path=/realms"]);
    expect(await sentTo("https://other.example.com/realms", cookies)).toBe("a=1");
    expect(await sentTo("https://id.example.com/", cookies)).toBe("a=1");
    expect(await sentTo("https://id.example.com/realms/x", cookies)).toMatch(/^b=1; a=1$/);
  });

  test("same: one for a public suffix is refused", async () => {
    const cookies = await reopened(["a=1; Domain=com", "b=1; Domain=co.uk"]);
    expect(await sentTo("https://id.example.com/realms/x/login", cookies)).toBeUndefined();
  });

  test("same: name, domain and path make one cookie, the last value counting", async () => {
    const cookies = await reopened(["a=1; Path=/", "a=2; Path=/", "a=3; Path=/realms"]);
    expect(await sentTo("https://id.example.com/", cookies)).toBe("a=2");
    expect(await sentTo("https://id.example.com/realms", cookies)).toBe("a=3; a=2");
  });

  test("same: one without an end is kept as well, and one that was deleted is not sent", async () => {
    const cookies = await reopened(["a=1; Path=/", "b=1; Path=/", "b=; Path=/; Max-Age=0", `c=1; Path=/; Max-Age=${MINUTE}`]);
    expect(await sentTo("https://id.example.com/", cookies)).toBe("a=1; c=1");
  });

  test("same: HttpOnly and SameSite are kept", async () => {
    expect(await reopened(["a=1; HttpOnly; SameSite=Strict"])).toMatchObject({
      cookies: [{ key: "a", httpOnly: true, sameSite: "strict" }],
    });
  });

  test.each(["nonsense", { cookies: "none" }, undefined])("same: what is no jar is passed over: %j", async (cookies) => {
    expect(await sentTo("https://id.example.com/", cookies)).toBeUndefined();
  });
});

describe("5.3 how they are kept", () => {
  test("same: the next login is made from the provider's session, which -r leaves", async () => {
    await run(["developer", "true"]);
    expect(await again()).toMatchObject({ status: 0 });
    expect(await again()).toMatchObject({ status: 0 });
    expect(world.logins()).toBe(3);
  });

  test("different on purpose: encrypted, in a file of their owner's alone, because they are the login", async () => {
    await run(["developer", "true"]);
    const [file = ""] = kept("session");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const word of ["_session", "127.0.0.1", "alice"]) expect(readFileSync(file, "latin1")).not.toContain(word);
  });

  test("different on purpose: a user and a provider have a jar of their own, because another user's session would answer", async () => {
    const { name, password } = world.sandbox.users.tess;
    await run(["developer", "true"]);
    const env = { WEB_IDENTITY_PASSWORD: password, MFA_CODE: world.sandbox.provider.totp(name) };
    expect((await run(["-w", "totp", "true"], { env })).stderr).toContain("developer/tess");
    expect(kept("session")).toHaveLength(2);
    expect(await again()).toMatchObject({ status: 0 });
  });

  test("different on purpose: they are kept when the login has succeeded, because half a login is no session", async () => {
    expect(await run(["-P", "wrong", "developer", "true"])).toMatchObject({ status: 4 });
    expect(kept("session")).toEqual([]);
  });

  test("different on purpose: they are read when somebody has to log in, because a warm run needs none", async () => {
    await run(["developer", "true"]);
    for (const file of kept("session")) truncateSync(file, 20);
    expect(await run(["developer", "true"])).toEqual({ status: 0, stdout: "", stderr: "", unasked: [] });
  });

  test("same: damaged ones are passed over; different on purpose: with a warning, because the login asks again", async () => {
    await run(["developer", "true"]);
    for (const file of kept("session")) truncateSync(file, 20);
    expect(await again()).toMatchObject({ status: 7, stderr: expect.stringContaining("a kept login is ignored") });
    expect(await run(["-r", "developer", "true"])).toMatchObject({ status: 0 });
  });

  test("different on purpose: `logout` drops them, because nothing else did", async () => {
    await run(["developer", "true"]);
    expect(await run(["logout", "developer"])).toMatchObject({ status: 0 });
    expect(kept("session")).toEqual([]);
    expect(await again()).toMatchObject({ status: 7 });
  });
});
