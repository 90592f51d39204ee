/** Finding, keeping and removing the password of a login URL. */

import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deletePassword, describeSection, findStoredPassword, storePassword } from "../../src/config/stored-password.ts";
import type { StoredPasswordRequest } from "../../src/config/stored-password.ts";
import { Secret } from "../../src/secret.ts";

const URL = "https://example.okta.com/home/amazon_aws/abc/272";
const HUNTER2 = "4$KD2HEAXLCR5U4$QXqsVs4v7YRW4YT8ZY8e0K8WLnvBocfnj1Bqz3ib7w4";
const OTHERS = "# mine\n[default]\naws_access_key_id = x\n";

let homeDir: string;
let warnings: string[];
let request: StoredPasswordRequest;
let outerBus: string | undefined;

/** There is no Secret Service: no test reaches the keychain of the person who runs it. */
const hasNoKeychain = process.platform === "linux";

beforeEach(async () => {
  outerBus = process.env["DBUS_SESSION_BUS_ADDRESS"];
  homeDir = await fs.mkdtemp(join(tmpdir(), "stored-password-"));
  process.env["DBUS_SESSION_BUS_ADDRESS"] = `unix:path=${join(homeDir, "nobody")}`;
  await fs.mkdir(join(homeDir, ".aws"));
  warnings = [];
  const log = { warn: (line: string) => warnings.push(line), info: () => {}, debug: () => {} };
  request = { kind: "oidc", authUrl: URL, env: {}, homeDir, platform: process.platform, log };
});

afterEach(async () => {
  if (outerBus === undefined) delete process.env["DBUS_SESSION_BUS_ADDRESS"];
  else process.env["DBUS_SESSION_BUS_ADDRESS"] = outerBus;
  await fs.rm(homeDir, { recursive: true });
});

const file = () => join(homeDir, ".aws", "credentials");
const write = (text: string) => fs.writeFile(file(), text);
const read = () => fs.readFile(file(), "utf8");
const find = async (authUrl = URL) => (await findStoredPassword({ ...request, authUrl }))?.reveal();

describe("a password in the credentials file", () => {
  it.each([
    ["encoded", HUNTER2, "hunter2"],
    ["encoded and in quotes", `"${HUNTER2}"`, "hunter2"],
    ["in plain text, with what elsewhere would begin a comment", "it's #1 ; = [x]", "it's #1 ; = [x]"],
    ["in plain text and in quotes", '"quo ted"', "quo ted"],
  ])("is found: %s", async (_, stored, password) => {
    await write(`${OTHERS}[${URL}]\nweb_identity_password = ${stored}\n`);
    expect(await find()).toBe(password);
    expect(warnings).toEqual([]);
  });

  it("is found for the URL with or without a slash at its end, and decoded for the URL it is stored under", async () => {
    await write(`[${URL}]\nweb_identity_password = ${HUNTER2}\n`);
    expect(await find(`${URL}/`)).toBe("hunter2");
    await write(`[${URL}/]\nweb_identity_password = plain\n`);
    expect(await find(URL)).toBe("plain");
    await write(`[${URL}/]\nweb_identity_password = other\n[${URL}]\nweb_identity_password = own\n`);
    expect(await find(URL)).toBe("own");
  });

  it("is not found for another URL", async () => {
    await write(`[${URL}]\nweb_identity_password = ${HUNTER2}\n[${URL}/x]\nsaml_password = y\nweb_identity_password =\n`);
    expect(await find(`${URL}/x`)).toBeUndefined();
    expect(await find(URL.toUpperCase())).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it("is looked for where AWS_SHARED_CREDENTIALS_FILE says", async () => {
    await fs.writeFile(join(homeDir, "elsewhere"), `[${URL}]\nweb_identity_password = there\n`);
    request = { ...request, env: { AWS_SHARED_CREDENTIALS_FILE: "~/elsewhere" } };
    expect(await find()).toBe("there");
  });

  it("that was made for another URL is not used, and said to be so without showing it", async () => {
    await write(`[${URL}?token=geheim]\nweb_identity_password = ${HUNTER2}\n`);
    expect(await find(`${URL}?token=geheim`)).toBeUndefined();
    expect(warnings).toEqual([
      `the password stored for [${URL}?…] of ~/.aws/credentials cannot be used: it is damaged or was stored for another URL;` +
        ` "aws-runas password" stores it anew`,
    ]);
  });
});

describe("a password said to be in the keychain", () => {
  it.runIf(hasNoKeychain)("is not used, with a warning, when the keychain does not open", async () => {
    await write(`[${URL}]\nweb_identity_password_store = keychain\n`);
    expect(await find()).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/cannot be used: the .* cannot be used: .*"aws-runas password" stores it anew/)]);
  });

  it("counts less than one in the file", async () => {
    await write(`[${URL}]\nweb_identity_password_store = keychain\nweb_identity_password = ${HUNTER2}\n`);
    expect(await find()).toBe("hunter2");
    expect(warnings).toEqual([]);
  });

  it("is refused when it is said to be anywhere else", async () => {
    await write(`[${URL}]\nweb_identity_password_store = attic\n`);
    await expect(find()).rejects.toMatchObject({
      code: "config-value",
      message: `web_identity_password_store in [${URL}] (~/.aws/credentials) is "file" or "keychain", not "attic"`,
    });
  });
});

describe("keeping a password", () => {
  it("encodes it in the file, where it is found again", async () => {
    await write(OTHERS);
    await storePassword(new Secret("pä$$ #1"), "file", request);
    const text = await read();
    expect(text.replace(/12\$[A-Z2-7]{13}\$[A-Za-z0-9+/]+/, "ENCODED")).toBe(`${OTHERS}\n[${URL}]\nweb_identity_password = ENCODED\n`);
    expect(await find()).toBe("pä$$ #1");
  });

  it.runIf(hasNoKeychain)("in the file ends the keychain's turn, and warns when the old one cannot be removed there", async () => {
    await write(`[${URL}]\nweb_identity_password_store = keychain\n`);
    await storePassword(new Secret("new"), "file", request);
    expect(await read()).toMatch(/^\[.*\]\nweb_identity_password = 12\$.*\n$/);
    expect(warnings).toEqual([expect.stringContaining("still in the keychain")]);
  });

  it.runIf(hasNoKeychain)("in a keychain that does not open fails and leaves the file as it was", async () => {
    const before = `[${URL}]\nweb_identity_password = ${HUNTER2}\n`;
    await write(before);
    await expect(storePassword(new Secret("new"), "keychain", request)).rejects.toMatchObject({ code: "keychain-unavailable" });
    expect(await read()).toBe(before);
  });
});

describe("a password of SAML", () => {
  beforeEach(() => {
    request = { ...request, kind: "saml" };
  });

  // Vectors of the Go tool's form, made for this URL.
  it.each([
    [HUNTER2, "hunter2"],
    [
      "4$GHA6HXAXSZ4P2$u6OFGkZt/G0Dxe2jUml5VvSwXriPEuaHdNqFnFRbemqqQJ8kk1U+wORCCFLID1dTf9B5fsbHQDswZ1JDruWIng",
      "correct horse battery staple",
    ],
    ["4$SV2XEJU4JVMSE$AIrGsj4LYs/bX/RjPpA0eS9NHD+rTarNsKYjsZGFrvHeMHgwQQCwrSgbgzJgZdKK", "pässwörd€"],
    ["4$RIVFN7RISPBAK$tEALOA4/suN8Ir4mSJCzO/AmwbgX0qrj/Ct0EsD9AtY", "123456789012"],
    ["12$2AC5D2RB772JW$DVONr+pz14WK/YMmBTdk5mHWL6HCqeLAWPAG/pHLE94", "hunter2"],
  ])("that the Go tool stored is found: %s", async (text, password) => {
    await write(`${OTHERS}[${URL}]\nsaml_password = ${text}\n`);
    expect(await find()).toBe(password);
    expect(warnings).toEqual([]);
  });

  it("is not that of OpenID Connect for the same URL, nor is that its", async () => {
    await write(`[${URL}]\nweb_identity_password = oidc\n`);
    expect(await find()).toBeUndefined();
    await write(`[${URL}]\nsaml_password = saml\nweb_identity_password = oidc\n`);
    expect(await find()).toBe("saml");
    request = { ...request, kind: "oidc" };
    expect(await find()).toBe("oidc");
  });

  it("is stored under its own key, and removed alone", async () => {
    await write(`[${URL}]\nweb_identity_password = oidc\n`);
    await storePassword(new Secret("hunter2"), "file", request);
    expect(await read()).toMatch(/^\[.*\]\nsaml_password = 12\$[A-Z2-7]{13}\$\S+\nweb_identity_password = oidc\n$/);
    expect(await find()).toBe("hunter2");
    expect(await deletePassword(request)).toEqual(["file"]);
    expect(await read()).toBe(`[${URL}]\nweb_identity_password = oidc\n`);
  });
});

describe("removing a password", () => {
  it("takes it out of the file, under both spellings of the URL, and nothing else", async () => {
    await write(`${OTHERS}\n[${URL}]\nweb_identity_password = a\nsaml_password = b\n\n[${URL}/]\nweb_identity_password = c\n`);
    expect(await deletePassword(request)).toEqual(["file"]);
    expect(await read()).toBe(`${OTHERS}\n[${URL}]\nsaml_password = b\n`);
    expect(await deletePassword(request)).toEqual([]);
  });

  it.runIf(hasNoKeychain)("fails where the keychain that has it does not open, and forgets nothing", async () => {
    const before = `[${URL}]\nweb_identity_password_store = keychain\n`;
    await write(before);
    await expect(deletePassword(request)).rejects.toMatchObject({ code: "keychain-unavailable" });
    expect(await read()).toBe(before);
  });
});

it("a section is shown without its query, which may hold a secret", () => {
  expect(describeSection("https://x.onelogin.com/oidc/2?token=aWQ6c2VjcmV0")).toBe("[https://x.onelogin.com/oidc/2?…]");
});
