/** The instance metadata service's paths, tokens and rules, by requests as the six SDKs send them (observed; Go's asks for 300 seconds, the others for 21600). */

import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Profile } from "../../src/config/profile.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { AwsError, PersonNeededError } from "../../src/errors.ts";
import type { Listener, LocalRequest } from "../../src/metadata/listen.ts";
import { refuseForeign } from "../../src/metadata/serve/access.ts";
import { addressCommands } from "../../src/metadata/serve/imds-address.ts";
import { roleName } from "../../src/metadata/serve/imds-documents.ts";
import { imdsRoutes } from "../../src/metadata/serve/imds-routes.ts";
import { createImdsTokens, readTtl } from "../../src/metadata/serve/imds-tokens.ts";
import { userToBecome } from "../../src/metadata/serve/imds-user.ts";
import type { Pool } from "../../src/metadata/serve/pool.ts";
import { startServer } from "../../src/metadata/serve/server.ts";
import { Secret } from "../../src/secret.ts";

const ROLES = "/latest/meta-data/iam/security-credentials/";
const TTL = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN = "x-aws-ec2-metadata-token";
const SECRETS = /ASIAOURS|our\/secret|our\+session/;

const credentials: Credentials = {
  accessKeyId: "ASIAOURS",
  secretAccessKey: new Secret("our/secret+key"),
  sessionToken: new Secret("our+session/token=="),
  issuedAt: new Date("2036-11-23T09:00:00.123Z"),
  expiresAt: new Date("2036-11-23T10:00:00.789Z"),
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/developer/alice",
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Listener;
let time: number;
let active: { name: string | undefined };
let region: string | undefined;
let get: () => Promise<Credentials>;
let failures: string[];
let warnings: string[];

const profile = (): Profile =>
  ({
    name: "dev",
    roleArn: setting("arn:aws:iam::123456789012:role/team/developer"),
    region: region && setting(region),
  }) as unknown as Profile;
const setting = (value: string) => ({ value, origin: { layer: "built-in" } });

/** Nothing but what the routes may use. */
const pool = {
  credentials: (name: string) => (name === "dev" ? get() : Promise.reject(new Error(`unplanned profile ${name}`))),
  peek: () => ({ profile: profile(), credentials, problem: undefined }),
} as unknown as Pool;

async function start(allowsV1 = false): Promise<void> {
  const clock = { now: () => time, sleep: () => Promise.reject(new Error("unplanned")) };
  const log = { warn: (text: string) => void warnings.push(text), info: () => {}, debug: () => {}, trace: () => {} };
  const failed = (name: string, error: unknown) => void failures.push(`${name}: ${error}`);
  server = await startServer({
    routes: imdsRoutes({ active, pool, log, sessions: createImdsTokens(clock), allowsV1, failed }),
    access: (authority) => ({ hosts: new Set([authority]), tokens: undefined, isLocalOnly: true }),
    note: () => {},
    now: clock.now,
  });
}

function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`http://${server.authority}`, { method, path, headers, timeout: 5_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.once("error", reject).end();
  });
}

const put = (ttl: string) => ask("PUT", "/latest/api/token", { [TTL]: ttl });
const read = async (path: string, method = "GET") => ask(method, path, { [TOKEN]: (await put("21600")).body });

beforeEach(async () => {
  time = Date.parse("2036-11-23T09:00:00Z");
  active = { name: "dev" };
  region = "eu-central-1";
  get = async () => credentials;
  failures = [];
  warnings = [];
  await start();
});
afterEach(() => server.close());

describe("PUT /latest/api/token", () => {
  it.each(["300", "21600", "1"])("gives a session of %s seconds, in an answer that names them", async (ttl) => {
    const { status, headers, body } = await put(ttl);
    expect(status).toBe(200);
    expect(body).toMatch(/^[\w-]{56}$/);
    expect(headers).toMatchObject({ [TTL]: ttl, "content-type": "text/plain", "cache-control": "no-store" });
  });

  it.each(["0", "21601", "-1", "1.5", "abc", "", " ", "1e3", "0x10", "999999999999"])("refuses %j seconds with 400", async (ttl) => {
    expect(await put(ttl)).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
    expect(readTtl(ttl)).toBeUndefined();
  });

  it("refuses a request without the header with 400", async () => {
    expect((await ask("PUT", "/latest/api/token")).status).toBe(400);
  });

  it("refuses what a proxy passed on with 403", async () => {
    expect((await ask("PUT", "/latest/api/token", { [TTL]: "60", "X-Forwarded-For": "10.0.0.1" })).status).toBe(403);
  });

  it.each(["GET", "POST", "HEAD", "DELETE"])("answers %s with 405", async (method) => {
    expect(await ask(method, "/latest/api/token", { [TTL]: "60" })).toMatchObject({ status: 405, headers: { allow: "PUT" } });
  });

  it("never gives the same token twice, and one of another run is none", async () => {
    const clock = { now: () => time, sleep: () => Promise.reject(new Error("unplanned")) };
    const given = await Promise.all(Array.from({ length: 50 }, async () => (await put("60")).body));
    expect(new Set(given).size).toBe(50);
    expect(createImdsTokens(clock).accepts(given[0] ?? "")).toBe(false);
  });
});

describe("with a session's token", () => {
  it("the list of roles is one name and nothing else", async () => {
    expect(await read(ROLES)).toMatchObject({ status: 200, body: "developer", headers: { "content-type": "text/plain" } });
    expect((await read(ROLES.slice(0, -1))).body).toBe("developer");
  });

  it("the role's credentials have the form that all six SDKs take", async () => {
    const { status, body } = await read(`${ROLES}developer`);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toStrictEqual({
      Code: "Success",
      LastUpdated: "2036-11-23T09:00:00Z",
      Type: "AWS-HMAC",
      AccessKeyId: "ASIAOURS",
      SecretAccessKey: "our/secret+key",
      Token: "our+session/token==",
      Expiration: "2036-11-23T10:00:00Z",
    });
  });

  it.each(["other", "developer2", "Developer", "dev", "developer/x", "../security-credentials/developer", "%64eveloper", "developer%2F"])(
    "another name, %s, is not there",
    async (name) => {
      const { status, body } = await read(ROLES + name);
      expect(status).toBe(404);
      expect(body).not.toMatch(SECRETS);
    },
  );

  it.each([
    ["/latest/meta-data/placement/region", "eu-central-1"],
    ["/latest/meta-data/placement/availability-zone", "eu-central-1a"],
    ["/latest/meta-data/placement/availability-zone/", "eu-central-1a"], // as botocore asks
    ["/latest/meta-data/", "iam/\nplacement/"],
    ["/latest/meta-data", "iam/\nplacement/"],
    ["/latest/meta-data/iam/", "security-credentials/"],
    ["/latest/dynamic/instance-identity/", "document"],
    ["/latest", "dynamic\nmeta-data"],
  ])("%s is %j", async (path, body) => {
    expect(await read(path)).toMatchObject({ status: 200, body });
  });

  it("the identity document has region and account", async () => {
    const { body } = await read("/latest/dynamic/instance-identity/document");
    expect(JSON.parse(body)).toMatchObject({ region: "eu-central-1", accountId: "123456789012" });
  });

  it.each([
    "/latest/meta-data/placement/region",
    "/latest/meta-data/placement/availability-zone",
    "/latest/dynamic/instance-identity/document",
  ])("without a region %s is not there", async (path) => {
    region = undefined;
    expect((await read(path)).status).toBe(404);
  });

  it.each([
    "/latest/user-data",
    "/latest/meta-data/hostname",
    "/latest/meta-data/constructor",
    "/latest/__proto__",
    "/",
    "/credentials",
    "/1.0/meta-data/",
  ])("%s is not there", async (path) => {
    expect((await read(path)).status).toBe(404);
  });

  it("HEAD is GET without the body", async () => {
    expect(await read(`${ROLES}developer`, "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
    const { status, body } = await read(`${ROLES}developer`, method);
    expect(status).toBe(405);
    expect(body).not.toMatch(SECRETS);
  });
});

describe("without a good token", () => {
  it("nothing is answered but 401", async () => {
    const { body: good } = await put("60");
    const flipped = (good.startsWith("A") ? "B" : "A") + good.slice(1);
    const wrong = ["", "x", flipped, good.slice(0, -1), `${good}A`, `${good}=`, good.toLowerCase(), "A".repeat(56)];
    for (const path of [ROLES, `${ROLES}developer`, "/latest/meta-data/", "/latest/meta-data/placement/region", "/latest/nothing"]) {
      expect(await ask("GET", path)).toMatchObject({ status: 401 });
      for (const token of wrong) expect(await ask("GET", path, { [TOKEN]: token })).toMatchObject({ status: 401 });
    }
    expect((await ask("GET", ROLES, { [TOKEN]: good })).status).toBe(200);
  });

  it("a token ends when its time is over", async () => {
    const { body: token } = await put("60");
    time += 59_999;
    expect((await ask("GET", ROLES, { [TOKEN]: token })).status).toBe(200);
    time += 1;
    expect((await ask("GET", ROLES, { [TOKEN]: token })).status).toBe(401);
  });

  it("--imds-v1 answers who sends none, but not who sends a wrong one", async () => {
    await server.close();
    await start(true);
    expect((await ask("GET", `${ROLES}developer`)).status).toBe(200);
    expect((await ask("GET", ROLES, { [TOKEN]: "wrong" })).status).toBe(401);
    expect((await ask("GET", ROLES, { "x-forwarded-for": "10.0.0.1" })).status).toBe(403);
  });
});

describe("a foreign request", () => {
  it.each([
    ["under a rebound name", { host: "evil.example.com" }],
    ["of a page", { origin: "http://evil.example.com" }],
    ["of a page that a browser marks", { "sec-fetch-site": "cross-site" }],
    ["that was forwarded", { forwarded: "for=10.0.0.1" }],
    ["that came through a proxy", { via: "1.1 proxy" }],
  ])("%s gets no token and no credentials", async (_, headers: Record<string, string>) => {
    const { body: token } = await put("60");
    expect((await ask("PUT", "/latest/api/token", { [TTL]: "60", ...headers })).status).toBe(403);
    const { status, body } = await ask("GET", `${ROLES}developer`, { [TOKEN]: token, ...headers });
    expect(status).toBe(403);
    expect(body).not.toMatch(SECRETS);
  });

  test.each<[string | undefined, boolean]>([
    ["127.0.0.1", true],
    ["127.8.9.10", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["169.254.169.254", true],
    ["10.9.8.7", false],
    ["172.17.0.2", false],
    ["169.254.169.253", false],
    ["::ffff:10.9.8.7", false],
    ["fe80::1", false],
    ["127.0.0.1.example.com", false],
    [undefined, false],
  ])("from %s is answered: %s", (address, isAnswered) => {
    const request: LocalRequest = {
      method: "GET",
      target: "/",
      host: "127.0.0.1:80",
      authorization: undefined,
      header: () => undefined,
      body: async () => "",
      peer: () => address,
      peerPort: () => undefined,
    };
    const refusal = refuseForeign(request, "program", { hosts: new Set(["127.0.0.1:80"]), tokens: undefined, isLocalOnly: true });
    expect(refusal === undefined).toBe(isAnswered);
  });
});

describe("where there are no credentials", () => {
  it("what a person has to do is said with 403, after which every SDK stops at once", async () => {
    get = () => Promise.reject(new PersonNeededError("the login has run out", { hint: "run aws-runas login dev" }));
    for (const path of [ROLES, `${ROLES}developer`]) {
      const { status, body } = await read(path);
      expect(status).toBe(403);
      expect(JSON.parse(body)).toEqual({ code: "person-needed", message: "the login has run out (run aws-runas login dev)" });
    }
  });

  it("what passes by itself is said with 503", async () => {
    get = () => Promise.reject(new AwsError("aws-unreachable", "STS cannot be reached"));
    expect((await read(ROLES)).status).toBe(503);
  });

  it("whoever asks people is told of the failure, and of no path that does not exist", async () => {
    await read(`${ROLES}other`);
    expect(failures).toEqual([]);
    get = () => Promise.reject(new PersonNeededError("id.example.com asks for a password"));
    await read(ROLES);
    expect(failures).toEqual([expect.stringMatching(/^dev: .*asks for a password/)]);
  });

  it("the reason was said at -v alone, though boto3 shows none: it is said once, and again when there were credentials meanwhile", async () => {
    const refuse = () => Promise.reject(new AwsError("aws-refused", "no more"));
    for (const next of [refuse, refuse, async () => credentials, refuse]) {
      get = next;
      await read(ROLES);
    }
    expect(warnings).toEqual(["no credentials for dev: no more", "no credentials for dev: no more"]);
  });

  it("a bug of ours is said without its detail", async () => {
    get = () => Promise.reject(new TypeError("our/secret detail"));
    const { status, body } = await read(ROLES);
    expect(status).toBe(500);
    expect(body).not.toMatch(SECRETS);
  });

  it("an answer comes within the half second that Go's SDK waits, whatever the login does", async () => {
    get = () => new Promise(() => {});
    const { body: token } = await put("60");
    const began = performance.now();
    expect((await ask("GET", ROLES, { [TOKEN]: token })).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it("without an active profile there are no roles, until one is chosen", async () => {
    active.name = undefined;
    const { status, body } = await read(ROLES);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ code: "no-profile" });
    active.name = "dev";
    expect((await read(ROLES)).status).toBe(200);
  });
});

test.each([
  ["arn:aws:iam::1:role/developer", "x", "developer"],
  ["arn:aws:iam::1:role/a/b/c+d=e@f.g,h", "x", "c-d-e-f-g-h"],
  [undefined, "my role", "my-role"],
  [undefined, "größe", "gr-e"],
  [undefined, "", "aws-runas"],
])("the role's name of role %s and profile %j is %s, which every SDK takes", (arn, name, expected) => {
  expect(roleName({ name, roleArn: arn && setting(arn) } as unknown as Profile)).toBe(expected);
});

describe("the address's commands", () => {
  test("are of a program by its path, for the one address and no more", () => {
    expect(addressCommands("linux", (path) => path === "/usr/sbin/ip")).toEqual({
      add: ["/usr/sbin/ip", "address", "add", "169.254.169.254/32", "dev", "lo"],
      remove: ["/usr/sbin/ip", "address", "del", "169.254.169.254/32", "dev", "lo"],
    });
    expect(addressCommands("darwin")).toEqual({
      add: ["/sbin/ifconfig", "lo0", "alias", "169.254.169.254", "255.255.255.255"],
      remove: ["/sbin/ifconfig", "lo0", "-alias", "169.254.169.254"],
    });
  });

  test("are none where the system has no such program, or is another", () => {
    expect(() => addressCommands("linux", () => false)).toThrow("there is no program ip");
    expect(() => addressCommands("win32")).toThrow("cannot be set up on this system");
  });
});

describe("whom root goes on as", () => {
  const passwords = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";

  test("is who called sudo, with a home folder of theirs", () => {
    const env = { SUDO_UID: "1000", SUDO_GID: "1000" };
    expect(userToBecome(env, "/", passwords)).toEqual({ uid: 1000, gid: 1000, name: "alice", homeDir: "/home/alice" });
  });

  test("is an error where half of it is missing and HOME is root's, or where their home folder is not known", () => {
    expect(() => userToBecome({ SUDO_UID: "1000" }, "/", passwords)).toThrow("root has nobody to go on as");
    expect(() => userToBecome({ SUDO_UID: "x", SUDO_GID: "1000" }, "/", passwords)).toThrow("root has nobody to go on as");
    expect(() => userToBecome({}, "/nonexistent", passwords)).toThrow("root has nobody to go on as");
    expect(() => userToBecome({ SUDO_UID: "1001", SUDO_GID: "1001" }, "/", passwords)).toThrow("home folder of user 1001 is not known");
  });

  test("is root where it did not come by sudo and HOME is its own", () => {
    expect(userToBecome({}, "/", passwords)).toBeUndefined();
    expect(userToBecome({ SUDO_UID: "0", SUDO_GID: "0" }, "/", passwords)).toBeUndefined();
  });
});
