/** The stored password's format, against values that the Go tool wrote. */

import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { decodePassword, encodePassword } from "../../src/store/password-format.ts";

const URL = "https://example.okta.com/home/amazon_aws/abc/272";
const HUNTER2 = "4$KD2HEAXLCR5U4$QXqsVs4v7YRW4YT8ZY8e0K8WLnvBocfnj1Bqz3ib7w4";
const EMPTY = "4$QNCVBMEZCWK3S$HGRkhRWHzenzI/kpNicSdw";

/** Of URL, from the Go tool. */
const vectors: Readonly<Record<string, string>> = {
  hunter2: HUNTER2,
  "correct horse battery staple": "4$GHA6HXAXSZ4P2$u6OFGkZt/G0Dxe2jUml5VvSwXriPEuaHdNqFnFRbemqqQJ8kk1U+wORCCFLID1dTf9B5fsbHQDswZ1JDruWIng",
  "pässwörd€": "4$SV2XEJU4JVMSE$AIrGsj4LYs/bX/RjPpA0eS9NHD+rTarNsKYjsZGFrvHeMHgwQQCwrSgbgzJgZdKK",
  "123456789012": "4$RIVFN7RISPBAK$tEALOA4/suN8Ir4mSJCzO/AmwbgX0qrj/Ct0EsD9AtY",
};

async function decode(stored: string, url = URL): Promise<{ password: string | undefined; reason: string | undefined }> {
  let reason: string | undefined;
  const password = await decodePassword(stored, url, (why) => (reason = why));
  return { password: password?.reveal(), reason };
}

describe("a stored password", () => {
  it.each(Object.entries(vectors))("of the Go tool is read: %s", async (password, stored) => {
    expect(await decode(stored)).toEqual({ password, reason: undefined });
  });

  it("of the Go tool at its usual cost is read", async () => {
    const stored = "12$2AC5D2RB772JW$DVONr+pz14WK/YMmBTdk5mHWL6HCqeLAWPAG/pHLE94";
    expect(await decode(stored)).toEqual({ password: "hunter2", reason: undefined });
  });

  it("of another URL and cost is read", async () => {
    const stored = "10$QVYF6DHFP4SRM$zjim/p3MVYKCOgn8y94iV6lD3NMdEs4+T0Ydepare7Q";
    expect(await decode(stored, "...mY not very Secure kEy...")).toEqual({ password: "short", reason: undefined });
  });

  it.each(["x", " spaces at both ends ", "123456789012", "12345678901", "1234567890123", "$a$b#;=", "ünï€😀", "a".repeat(500)])(
    "comes back as it was encoded: %s",
    async (password) => {
      const stored = await encodePassword(new Secret(password), URL, 4);
      expect(stored).toMatch(/^4\$[A-Z2-7]{13}\$[A-Za-z0-9+/]+$/);
      expect(await decode(stored)).toEqual({ password, reason: undefined });
    },
  );

  it("is encoded at the cost the Go tool uses", async () => {
    expect(await encodePassword(new Secret("x"), URL)).toMatch(/^12\$/);
  });

  it("is never encoded twice alike", async () => {
    const [one, two] = await Promise.all([encodePassword(new Secret("x"), URL, 4), encodePassword(new Secret("x"), URL, 4)]);
    expect(one?.split("$")[1]).not.toBe(two?.split("$")[1]);
    expect(one?.split("$")[2]).not.toBe(two?.split("$")[2]);
  });

  it.each(["hunter2", "", "12$short$x", "$$$", "zz$KD2HEAXLCR5U4$abc", "12$kd2heaxlcr5u4$abc"])(
    "in plain text is the password itself: %j",
    async (plain) => {
      expect(await decode(plain)).toEqual({ password: plain, reason: undefined });
    },
  );
});

describe("a stored password that is not for this URL", () => {
  it.each([`${URL}/`, URL.toUpperCase(), "https://login.example.com", ""])("is not read with %j", async (url) => {
    expect(await decode(HUNTER2, url)).toEqual({ password: undefined, reason: "it is damaged or was stored for another URL" });
  });

  it("is never read, tried with 2,000 URLs", async () => {
    const stored = await encodePassword(new Secret("hunter2"), URL, 1);
    const answers = await Promise.all(Array.from({ length: 2000 }, (_, n) => decodePassword(stored, `https://${n}.example.com`)));
    expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
  });
});

describe("a damaged stored password", () => {
  it.each([
    ["cut after the salt", "4$KD2HEAXLCR5U4"],
    ["cut after the second dollar", "4$KD2HEAXLCR5U4$"],
    ["shorter than a block", "4$KD2HEAXLCR5U4$QXqsVs4v7Y"],
    ["not of whole blocks", HUNTER2.slice(0, -4)],
    ["not base64", `${HUNTER2.slice(0, -1)}!`],
    ["of loose base64 bits", `${HUNTER2.slice(0, -1)}5`],
    ["with one part too many", `${HUNTER2}$x`],
    ["of no cost", HUNTER2.replace("4$", "0$")],
    ["of a cost that would take all memory", HUNTER2.replace("4$", "ff$")],
  ])("is not taken for a password in plain text: %s", async (_, stored) => {
    expect(await decode(stored)).toEqual({ password: undefined, reason: "it is damaged" });
  });

  it("is not read when its salt was changed", async () => {
    expect(await decode(HUNTER2.replace("$KD2H", "$KD2I"))).toEqual({
      password: undefined,
      reason: "it is damaged or was stored for another URL",
    });
  });

  it("is not read when it is empty: nobody is asked with an empty password", async () => {
    expect(await decode(EMPTY)).toEqual({ password: undefined, reason: "it is empty" });
  });
});
