/** What is checked of a response that was posted to this machine: that it answers this login, and who signed what is read of it. */

import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { checkResponse, type Expectation } from "../../src/login/saml/check-response.ts";
import { parseMetadata } from "../../src/login/saml/idp-metadata.ts";
import { describeAssertion } from "../../src/login/saml/read-assertion.ts";
import { AWS_SIGN_IN, type ResponseParts, responseXml, roleArn, rolePair } from "../fakes/saml-response.ts";
import { ENVELOPED, EXCLUSIVE, makeKey, metadataXml, signXml } from "../fakes/saml-signing.ts";
import { toolsWith } from "./fixtures.ts";

const ACS = "http://localhost:4711/saml/acs";
const ID = "id-1234";
const ISSUER = "https://idp.example.com/saml";
const rsa = makeKey();
const ec = makeKey("ec");
const stranger = makeKey();
const keys = parseMetadata(metadataXml(ISSUER, [rsa, ec]), Date.now());
const toField = (xml: string) => Buffer.from(xml).toString("base64");
const ours = (parts: ResponseParts = {}) => responseXml({ destination: ACS, inResponseTo: ID, ...parts });

function check(xml: string, expectation: Partial<Expectation> = {}): readonly string[] {
  const element = checkResponse(toField(xml), {
    request: { id: ID, acsUrl: ACS },
    keys,
    provider: "idp.example.com",
    now: Date.now(),
    ...expectation,
  });
  const tools = toolsWith(async () => Promise.reject(new Error("nothing is sent")));
  return describeAssertion(element, { field: toField(xml), provider: "idp.example.com", tools }).roles.map((role) => role.roleArn);
}

/** Without anything to verify by. */
const unverified = { keys: undefined };
const edited = (xml: string, from: string | RegExp, to: string) => {
  const changed = xml.replace(from, () => to);
  expect(changed).not.toBe(xml);
  return changed;
};

describe("a response to this machine", () => {
  it("is taken when it answers this login", () => {
    expect(check(ours(), unverified)).toEqual([roleArn("dev")]);
  });

  const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();
  const conditions = (attributes: string) => edited(ours(), /<saml:Conditions [^>]*>/, `<saml:Conditions ${attributes}>`);

  it.each([
    ["does not answer this login's request", ours({ inResponseTo: "id-9999" })],
    ["does not answer this login's request", responseXml({ destination: ACS })],
    ["is for another address", edited(ours(), `Destination="${ACS}"`, `Destination="${AWS_SIGN_IN}"`)],
    ["is for another address", edited(ours(), `Destination="${ACS}"`, 'Destination="http://localhost:4712/saml/acs"')],
    ["is not for this login", edited(ours(), `Recipient="${ACS}"`, `Recipient="${AWS_SIGN_IN}"`)],
    [
      "is not for this login",
      edited(ours(), `SubjectConfirmationData InResponseTo="${ID}"`, 'SubjectConfirmationData InResponseTo="id-9999"'),
    ],
    ["is not for this login", edited(ours(), `SubjectConfirmationData InResponseTo="${ID}"`, "SubjectConfirmationData")],
    ["is not for this login", edited(ours(), "cm:bearer", "cm:sender-vouches")],
    ["is not for this login", edited(ours(), /<saml:SubjectConfirmation [^]*<\/saml:SubjectConfirmation>/, "")],
    ["or is over", ours({ notOnOrAfter: minutes(-4) })],
    ["does not hold now", conditions(`NotBefore="${minutes(4)}"`)],
    ["does not hold now", conditions(`NotOnOrAfter="${minutes(-4)}"`)],
    ["does not hold now", conditions('NotOnOrAfter="some day"')],
    ["are of different issuers", edited(ours(), `<saml:Issuer>${ISSUER}`, "<saml:Issuer>https://other.example")],
    ["holds no assertion", edited(ours(), /<saml:Assertion [^]*<\/saml:Assertion>/, "")],
    ["is encrypted", edited(ours(), /<saml:Assertion [^]*<\/saml:Assertion>/, "<saml:EncryptedAssertion/>")],
    ["holds 2 assertions", edited(ours(), "</samlp:Response>", '<saml:Assertion ID="_2"/></samlp:Response>')],
    ["is no SAML response", "<html/>"],
    [
      "says Responder: no",
      edited(
        ours(),
        /<samlp:Status>.*<\/samlp:Status>/,
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/><samlp:StatusMessage>no</samlp:StatusMessage></samlp:Status>',
      ),
    ],
  ])("that %s is refused", (message, xml) => {
    expect(() => check(xml, unverified)).toThrow(message);
  });

  it("may be early or late by less than clocks differ", () => {
    const xml = edited(ours({ notOnOrAfter: minutes(-2) }), /<saml:Conditions [^>]*>/, `<saml:Conditions NotBefore="${minutes(2)}">`);
    expect(check(xml, unverified)).toEqual([roleArn("dev")]);
  });

  it("may leave out its destination and its issuer, which the assertion has", () => {
    const xml = edited(edited(ours(), ` Destination="${ACS}"`, ""), `<saml:Issuer>${ISSUER}</saml:Issuer>`, "");
    expect(check(xml, unverified)).toEqual([roleArn("dev")]);
  });
});

describe("a signature", () => {
  it.each([
    ["RSA, SHA-256, of the assertion", rsa, {}],
    ["RSA, SHA-384, of the assertion", rsa, { digest: "sha384" }],
    ["RSA, SHA-512, of the response", rsa, { digest: "sha512", of: "Response" }],
    ["RSA, SHA-256, of the response", rsa, { of: "Response" }],
    ["ECDSA, SHA-256, of the assertion", ec, {}],
    ["ECDSA, SHA-384, of the response", ec, { digest: "sha384", of: "Response" }],
  ])("is verified: %s", (_what, key, manner) => {
    const xml = signXml(ours(), key, manner);
    expect(check(xml)).toEqual([roleArn("dev")]);
    expect(() => check(edited(xml, roleArn("dev"), roleArn("evil")))).toThrow("is not signed with a key of the provider's metadata");
  });

  it("of the assertion inside of a signed response is verified with the response's", () => {
    expect(check(signXml(signXml(ours(), rsa), rsa, { of: "Response" }))).toEqual([roleArn("dev")]);
  });

  it("does not cut a value at a comment, nor let one in", () => {
    const xml = signXml(ours(), rsa);
    expect(check(edited(xml, roleArn("dev"), `${roleArn("d")}<!-- -->ev`))).toEqual([roleArn("dev")]);
    expect(() => check(edited(xml, roleArn("dev"), `${roleArn("dev")}<!-- -->2`))).toThrow("is not signed with");
  });

  const hmac = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
  it.each([
    ["is not there", ours(), "is not signed"],
    ["is a stranger's, who sends the certificate along", signXml(ours(), stranger), "is not signed with a key"],
    [
      "is by SHA-1",
      signXml(ours(), rsa, { digest: "sha1", signature: "http://www.w3.org/2000/09/xmldsig#rsa-sha1" }),
      "is not signed with a key",
    ],
    ["has a digest by SHA-1", edited(signXml(ours(), rsa), "xmlenc#sha256", "xmldsig#sha1"), "is not signed with a key"],
    ["says HMAC", edited(signXml(ours(), rsa), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", hmac), "is not signed with a key"],
    ["says another algorithm than the key is for", edited(signXml(ours(), ec), "ecdsa-sha256", "rsa-sha256"), "is not signed with a key"],
    [
      "is transformed in another way",
      signXml(ours(), rsa, { transforms: [ENVELOPED, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"] }),
      "is not signed with a key",
    ],
    ["keeps comments", signXml(ours(), rsa, { transforms: [ENVELOPED, `${EXCLUSIVE}WithComments`] }), "is not signed with a key"],
    ["is transformed three times", signXml(ours(), rsa, { transforms: [ENVELOPED, EXCLUSIVE, EXCLUSIVE] }), "is not signed with a key"],
    ["is not enveloped", signXml(ours(), rsa, { transforms: [EXCLUSIVE] }), "is not signed with a key"],
    [
      "is canonical in another way",
      signXml(ours(), rsa, { canonicalization: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" }),
      "is not signed with a key",
    ],
    ["refers to the whole document", edited(signXml(ours(), rsa, { of: "Response" }), 'URI="#_r"', 'URI=""'), "is not signed with a key"],
    [
      "is there twice",
      edited(
        signXml(ours(), rsa),
        /(<ds:Signature [^]*<\/ds:Signature>)/,
        `${/<ds:Signature [^]*<\/ds:Signature>/.exec(signXml(ours(), rsa))?.[0]}`.repeat(2),
      ),
      "is not signed with a key",
    ],
    [
      "of the response is broken, the assertion's is not",
      edited(signXml(signXml(ours(), rsa), rsa, { of: "Response" }), 'Version="2.0"', 'Version="2.1"'),
      "is not signed with a key",
    ],
    ["is of another issuer", signXml(ours({ issuer: "https://other.example/saml" }), rsa), "which the provider's metadata does not name"],
  ])("that %s is refused", (_what, xml, message) => {
    expect(() => check(xml)).toThrow(message);
    expect(() => check(xml)).toThrow(expect.objectContaining({ code: "assertion-invalid" }));
  });

  it("of another login's assertion does not help", () => {
    expect(() =>
      check(edited(signXml(responseXml({ destination: ACS, inResponseTo: "id-9" }), rsa), 'InResponseTo="id-9"', `InResponseTo="${ID}"`)),
    ).toThrow("is not for this login");
  });
});

/**
 * Eight ways to keep a signature whole and have something else read (Somorovsky et al., On Breaking SAML, USENIX Security 2012; numbered as
 * the SAML Raider tool has them).
 */
describe("signature wrapping", () => {
  const take = (xml: string, pattern: RegExp) => pattern.exec(xml)?.[0] ?? "";
  const ASSERTION = /<saml:Assertion [^]*<\/saml:Assertion>/;
  const SIGNATURE = /<ds:Signature [^]*?<\/ds:Signature>/;
  const evil = (xml: string) => edited(xml, roleArn("dev"), roleArn("evil"));
  const without = (xml: string) => edited(xml, SIGNATURE, "");
  const end = (xml: string, closing: string, more: string) => edited(xml, new RegExp(`${closing}$`), `${more}${closing}`);

  const byResponse = signXml(ours(), rsa, { of: "Response" });
  const byAssertion = signXml(ours(), rsa);
  const signed = take(byAssertion, ASSERTION);
  const signature = take(byAssertion, SIGNATURE);
  const responseSignature = take(byResponse, SIGNATURE);
  const renamed = (xml: string) => edited(xml, /ID="_[ar]"/, 'ID="_evil"');
  const replaceAssertion = (assertion: string) => edited(byAssertion, ASSERTION, assertion);
  const object = (content: string) => `<ds:Object>${content}</ds:Object></ds:Signature>`;

  const attacks: readonly (readonly [name: string, xml: string])[] = [
    [
      "1: the response inside of its own signature",
      edited(renamed(evil(byResponse)), SIGNATURE, edited(responseSignature, "</ds:Signature>", object(without(byResponse)))),
    ],
    ["2: the response beside its signature", edited(renamed(evil(byResponse)), SIGNATURE, `${without(byResponse)}${responseSignature}`)],
    ["3: another assertion first", replaceAssertion(`${renamed(evil(without(signed)))}${signed}`)],
    ["4: the assertion inside of another", replaceAssertion(end(renamed(evil(without(signed))), "</saml:Assertion>", signed))],
    ["5: the signature in another, the assertion after it", replaceAssertion(`${renamed(evil(signed))}${without(signed)}`)],
    [
      "6: the assertion in the signature of another",
      replaceAssertion(edited(renamed(evil(signed)), SIGNATURE, edited(signature, "</ds:Signature>", object(without(signed))))),
    ],
    [
      "8: the assertion in an object of another's signature, under the same id",
      replaceAssertion(edited(evil(signed), SIGNATURE, edited(signature, "</ds:Signature>", object(without(signed))))),
    ],
    [
      "with the assertion in advice of another, and its signature",
      replaceAssertion(end(renamed(evil(without(signed))), "</saml:Assertion>", `<saml:Advice>${signed}</saml:Advice>`)),
    ],
    ["with a second assertion of the same id", replaceAssertion(`${evil(without(signed))}${signed}`)],
    [
      "with a second SignedInfo",
      edited(evil(byAssertion), "<ds:SignatureValue>", `${take(signature, /<ds:SignedInfo>[^]*<\/ds:SignedInfo>/)}<ds:SignatureValue>`),
    ],
    ["with a digest cut by a comment", edited(evil(byAssertion), "<ds:DigestValue>", "<ds:DigestValue>AAAA<!-- -->")],
    [
      "with a second reference",
      edited(evil(byAssertion), "</ds:SignedInfo>", `${take(signature, /<ds:Reference [^]*<\/ds:Reference>/)}</ds:SignedInfo>`),
    ],
  ];

  it.each(attacks)("%s is refused", (_name, xml) => {
    expect(xml).toContain(roleArn("evil"));
    expect(() => check(xml)).toThrow(expect.objectContaining({ code: "assertion-invalid" }));
  });

  it("7: another assertion in an extension is not read", () => {
    const extension = `<samlp:Extensions>${renamed(evil(without(signed)))}</samlp:Extensions><samlp:Status>`;
    expect(check(edited(byAssertion, "<samlp:Status>", extension))).toEqual([roleArn("dev")]);
  });

  it("beside a signed assertion, what the envelope says makes no login", () => {
    const xml = edited(
      byAssertion,
      "<samlp:Status>",
      `<saml:AttributeStatement>${rolePair("evil")}</saml:AttributeStatement><samlp:Status>`,
    );
    expect(check(xml)).toEqual([roleArn("dev")]);
  });
});

describe("metadata", () => {
  const now = Date.now();
  it.each([
    ["a page", "<html/>"],
    ["a provider without a key", metadataXml(ISSUER, [])],
    ["one that is over", metadataXml(ISSUER, [rsa], ' validUntil="2020-01-01T00:00:00Z"')],
    ["a service provider's", metadataXml(ISSUER, [rsa]).replaceAll("IDPSSODescriptor", "SPSSODescriptor")],
    ["keys for encryption only", metadataXml(ISSUER, [rsa]).replace('use="signing"', 'use="encryption"')],
    ["a certificate that is none", metadataXml(ISSUER, [{ ...rsa, certificate: "AAAA" }])],
    ["entities", `<!DOCTYPE x [<!ENTITY e "v">]>${metadataXml(ISSUER, [rsa]).slice(21)}`],
  ])("that is %s is none", (_what, xml) => {
    expect(parseMetadata(xml, now)).toBeUndefined();
  });

  it("may be a group's, a key without a use is for both, and several keys are tried", () => {
    const one = metadataXml(ISSUER, [stranger, rsa]).slice(21).replaceAll(' use="signing"', "");
    const group = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${metadataXml("https://other.example", [ec]).slice(21)}${one}</md:EntitiesDescriptor>`;
    expect(check(signXml(ours(), rsa), { keys: parseMetadata(`\uFEFF${group}`, now) })).toEqual([roleArn("dev")]);
    expect(() => check(signXml(ours(), ec), { keys: parseMetadata(group, now) })).toThrow("is not signed with a key");
  });
});

it.each([
  ["a stranger signed it", signXml(ours({ user: "s3cret" }), stranger), {}],
  ["it answers another login", ours({ user: "s3cret", inResponseTo: "s3cret" }), unverified],
  ["it is for another address", ours({ user: "s3cret", destination: "https://s3cret.example" }), unverified],
  ["it offers nothing", ours({ user: "s3cret", roles: ["s3cret"] }), unverified],
])("nothing of a response is in the error when %s", (_what, xml, expectation) => {
  const caught = (): unknown => {
    try {
      return check(xml, expectation);
    } catch (error) {
      return error;
    }
  };
  expect(caught()).toMatchObject({ code: "assertion-invalid" });
  expect(inspect(caught(), { depth: 9 })).not.toContain("s3cret");
});

describe("what AWS would still take, made to keep the verifier busy", () => {
  const signed = signXml(ours(), rsa, { of: "Response" });
  const names = (from: number) => Array.from({ length: 31 }, (_, index) => `xmlns:n${from + index}="u"`).join(" ");
  const nest = (inner: string) => Array.from({ length: 20 }, (_, depth) => `<a ${names(depth * 31)}>`).join("") + inner + "</a>".repeat(20);
  it.each([
    ["elements", "<b/>".repeat(2_900)],
    ["elements with an id", '<b ID="_x"/>'.repeat(2_900)],
    ["namespaces", nest('<n1:b xmlns:x="u"/>'.repeat(2_500))],
    ["signatures", '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'.repeat(1_000)],
    ["comments", "<!---->".repeat(900)],
    ["text", "x &lt;".repeat(10_000)],
  ])(
    "(%s) costs no more than four seconds",
    (_what, text) => {
      for (const at of ["<samlp:Status>", "<saml:AttributeStatement>", "<ds:SignedInfo>"]) {
        const startedAt = performance.now();
        const xml = signed.replace(at, () => text + at);
        expect(toField(xml).length).toBeLessThan(100_000);
        const outcome = ((): unknown => {
          try {
            return check(xml);
          } catch (error) {
            return error;
          }
        })();
        expect(inspect(outcome)).toMatch(/assertion-invalid|role\/dev/);
        expect(performance.now() - startedAt).toBeLessThan(4000);
      }
    },
    20_000,
  );
});
