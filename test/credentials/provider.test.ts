import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { find, KEPT_CREDENTIALS, KEPT_TOKEN, remember } from "../../src/credentials/kept.ts";
import { exchangeKept, getCredentials, renewCredentials } from "../../src/credentials/provider.ts";
import { type FakeSts, grant, refusal, startFakeSts } from "../aws/fake-sts.ts";
import { type OidcProfile, setting, testProfile } from "../aws/fixtures.ts";
import { credentials, idToken, MINUTE, seedToken, START, testHome, testTools, type TestTools } from "./fixtures.ts";

let sts: FakeSts;
let tools: TestTools;
let profile: OidcProfile;

beforeEach(async () => {
  sts = await startFakeSts();
  tools = await testTools();
  profile = testProfile({ endpoint: sts.endpoint });
  profile = { ...profile, login: { ...profile.login, authUrl: setting("http://127.0.0.1:9/nobody-listens-here") } };
});

afterEach(() => sts.finish());

const inAnHour = () => ({ expiresAt: new Date(tools.clock.now() + 60 * MINUTE) });
const get = (wanted = profile, refresh = false) => getCredentials({ profile: wanted, refresh }, tools);
const seed = (token = idToken("t1")) => seedToken(profile, token, tools);

function keep(name: string, wanted = profile) {
  return remember(KEPT_CREDENTIALS, async () => credentials(name), tools.store)(wanted);
}

describe("cached credentials", () => {
  test("are handed out without asking anybody", async () => {
    await keep("cached");
    expect((await get()).accessKeyId).toBe("ASIA-cached");
  });

  test("are replaced in their last five minutes", async () => {
    await keep("old");
    tools.clock.advance(55 * MINUTE);
    await seed(idToken("t1", { expiresAt: new Date(tools.clock.now() + 5 * MINUTE) }));
    sts.plan(grant(inAnHour()));
    expect((await get()).accessKeyId).toBe("ASIA-Dev");
  });

  test("are replaced with a quarter of an hour left where they are to last", async () => {
    await keep("old");
    tools.clock.advance(44 * MINUTE);
    await seed(idToken("t1", { expiresAt: new Date(tools.clock.now() + 5 * MINUTE) }));
    sts.plan(grant(inAnHour()));
    expect((await get()).accessKeyId).toBe("ASIA-old");
    expect((await renewCredentials(profile, tools)).accessKeyId).toBe("ASIA-Dev");
    expect((await get()).accessKeyId).toBe("ASIA-Dev");
  });

  test("are got by a kept id token without a login, and not at all without one", async () => {
    expect(await exchangeKept(profile, tools)).toBeUndefined();
    await seed();
    sts.plan(grant(inAnHour()));
    expect(await exchangeKept(profile, tools)).toMatchObject({ accessKeyId: "ASIA-Dev" });
    expect(await exchangeKept(profile, tools)).toMatchObject({ accessKeyId: "ASIA-Dev" });
  });

  test("of another role are not taken for this one's", async () => {
    await keep("dev");
    await seed();
    const other = { ...profile, roleArn: setting("arn:aws:iam::123456789012:role/Other") };
    sts.plan(grant(inAnHour()));
    expect((await get(other)).accessKeyId).toBe("ASIA-Other");
  });
});

describe("with a token at hand", () => {
  test("one call to STS gives credentials, which are kept with the moment they were issued", async () => {
    await seed();
    sts.plan(grant(inAnHour()));
    const first = await get();
    expect(first).toMatchObject({ issuedAt: new Date(START), expiresAt: new Date(START + 60 * MINUTE) });
    expect(sts.requests[0]?.form).toMatchObject({ RoleSessionName: "alice", DurationSeconds: "3600", WebIdentityToken: "t1" });
    expect(await get()).toEqual(first);
  });

  test("all who ask at once share one call", async () => {
    await seed();
    const others = await Promise.all([tools, tools, tools].map(testTools));
    sts.plan((request) => ({ ...grant(inAnHour())(request), delayMs: 100 }));
    const all = await Promise.all(others.map((mine) => getCredentials({ profile, refresh: false }, mine)));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["ASIA-Dev"]));
  });

  test("a refusal that is not the token's fault keeps the token", async () => {
    await seed();
    sts.plan(refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403));
    await expect(get()).rejects.toMatchObject({ code: "aws-refused", awsCode: "AccessDenied" });
    expect(await cachedToken()).toBe("t1");
  });

  test.each(["ExpiredTokenException", "InvalidIdentityToken"])("%s drops it and asks for a new login", async (code) => {
    await seed();
    sts.plan(refusal(code, "no"));
    await expect(get()).rejects.not.toMatchObject({ code: "aws-refused" });
    expect(await cachedToken()).toBeUndefined();
  });

  test("a token that another process put in place of the refused one stays", async () => {
    await seed();
    sts.plan((request) => {
      void seed(idToken("t2"));
      return { ...refusal("ExpiredTokenException", "old")(request), delayMs: 100 };
    }, grant(inAnHour()));
    await get();
    expect(sts.requests.map(({ form }) => form["WebIdentityToken"])).toEqual(["t1", "t2"]);
  });
});

describe("a jump role", () => {
  const jumpRoleArn = setting("arn:aws:iam::123456789012:role/Jump");

  test("is assumed with the token, and the role with its credentials under the same session name", async () => {
    await seed(idToken("t1", { user: "Älice" }));
    sts.plan(grant(inAnHour()), grant(inAnHour()));
    const final = await get({ ...profile, jumpRoleArn, externalId: setting("x-1") });
    const [first, second] = sts.requests;
    expect(first?.form).toMatchObject({ Action: "AssumeRoleWithWebIdentity", RoleArn: jumpRoleArn.value, RoleSessionName: "Alice" });
    expect(second?.form).toMatchObject({
      Action: "AssumeRole",
      RoleArn: profile.roleArn.value,
      RoleSessionName: "Alice",
      ExternalId: "x-1",
    });
    expect(second?.headers.authorization).toContain("Credential=ASIA-Jump/");
    expect(final.accessKeyId).toBe("ASIA-Dev");
  });

  test("is assumed once for two roles behind it", async () => {
    await seed();
    sts.plan(grant(inAnHour()), grant(inAnHour()), grant(inAnHour()));
    await get({ ...profile, jumpRoleArn });
    await get({ ...profile, jumpRoleArn, roleArn: setting("arn:aws:iam::123456789012:role/Other") });
    expect(sts.requests.map(({ form }) => form["RoleArn"]?.split("/").at(-1))).toEqual(["Jump", "Dev", "Other"]);
  });
});

describe("-r", () => {
  test("drops the credentials, the jump role's and the token, and nothing else", async () => {
    const jumping = { ...profile, jumpRoleArn: setting("arn:aws:iam::123456789012:role/Jump") };
    const other = { ...profile, durationSeconds: setting(900) };
    await keep("jump", { ...profile, roleArn: jumping.jumpRoleArn });
    await keep("dev", jumping);
    await keep("other", other);
    await seed();
    await tools.store.write("session", "0".repeat(64), { cookies: [] }, new Date(START + MINUTE));
    await expect(get(jumping, true)).rejects.toBeDefined();
    expect(await find(KEPT_CREDENTIALS, () => true, tools.store)(jumping)).toBeUndefined();
    expect(await find(KEPT_CREDENTIALS, () => true, tools.store)({ ...profile, roleArn: jumping.jumpRoleArn })).toBeUndefined();
    expect(await cachedToken()).toBeUndefined();
    expect(await tools.store.read("session", "0".repeat(64))).toEqual({ cookies: [] });
    expect((await get(other)).accessKeyId).toBe("ASIA-other");
  });
});

test("without a store two calls in one process still cost one", async () => {
  tools = await testTools({ homeDir: await testHome(), env: { AWSRUNAS_STORE: "none" } });
  await seed();
  sts.plan(grant(inAnHour()));
  expect(await get()).toEqual(await get());
});

test("nothing of the credentials or the token is logged", async () => {
  await seed();
  sts.plan(grant(inAnHour()));
  await get();
  expect(tools.log.lines.length).toBeGreaterThan(0);
  expect(tools.log.lines.join("\n")).not.toMatch(/secret-Dev|session-Dev|t1/);
});

async function cachedToken(): Promise<string | undefined> {
  return (await find(KEPT_TOKEN, () => true, tools.store)(profile))?.raw.reveal();
}
