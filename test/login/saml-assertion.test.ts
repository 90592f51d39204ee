/** What is read of a SAML response for AWS, whatever it is made of. */

import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { isAwsSignIn } from "../../src/login/saml/aws-sign-in.ts";
import { offersRoles, readAssertion } from "../../src/login/saml/read-assertion.ts";
import { ACCOUNT, PRINCIPAL, type ResponseParts, responseXml, roleArn, rolePair } from "../fakes/saml-response.ts";
import { realClock, toolsWith } from "./fixtures.ts";

const nothing = async () => Promise.reject(new Error("nothing is sent"));
const toField = (xml: string) => Buffer.from(xml).toString("base64");

function read(xml: string, tools = toolsWith(nothing)) {
  return readAssertion(toField(xml), "idp.example.com", tools);
}

const readParts = (parts: ResponseParts) => read(responseXml(parts));
const edited = (from: string | RegExp, to: string, parts: ResponseParts = {}) => {
  const xml = responseXml(parts);
  const changed = xml.replace(from, () => to);
  expect(changed).not.toBe(xml);
  return changed;
};
const attribute = (name: string, ...values: string[]) =>
  `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join("")}</saml:Attribute>`;
const arns = (xml: string) => read(xml).roles.map((role) => role.roleArn);

describe("the roles of an assertion", () => {
  it.each([
    ["role first", rolePair("dev")],
    ["provider first", `${PRINCIPAL},${roleArn("dev")}`],
    ["blanks and line feeds around and between", `\n    ${roleArn("dev")} ,\n\t${PRINCIPAL}\n  `],
    ["a comment inside", `${roleArn("d")}<!-- -->ev,${PRINCIPAL}`],
    ["CDATA", `<![CDATA[${rolePair("dev")}]]>`],
    ["CDATA and text", `<![CDATA[${roleArn("dev")}]]>,${PRINCIPAL}`],
    ["character references", `${rolePair("dev").replace(",", "&#44;")}`],
  ])("are read with %s", (_what, value) => {
    expect(readParts({ roles: [value] }).roles).toEqual([{ roleArn: roleArn("dev"), principalArn: PRINCIPAL }]);
  });

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html, and the SDKs' list of partitions
  it.each(["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"])("may be of %s", (partition) => {
    const role = `arn:${partition}:iam::${ACCOUNT}:role/path/of/Dev+=,.@-1`;
    const principalArn = `arn:${partition}:iam::${ACCOUNT}:saml-provider/My_Idp.example-1`;
    expect(readParts({ roles: [`${role},${principalArn}`] }).roles).toEqual([{ roleArn: role, principalArn }]);
  });

  it("are in order, each once, and what is no pair is left out", () => {
    const roles = [
      rolePair("b"),
      "",
      "Everyone",
      roleArn("alone"),
      PRINCIPAL,
      `${roleArn("x")},${roleArn("y")}`,
      `${rolePair("z")},${PRINCIPAL}`,
      `${roleArn("*")},${PRINCIPAL}`,
      `${roleArn("*/dev")},${PRINCIPAL}`,
      `arn:aws:iam::*:role/dev,${PRINCIPAL}`,
      `arn:aws:iam::12345:role/dev,${PRINCIPAL}`,
      `arn:other:iam::${ACCOUNT}:role/dev,${PRINCIPAL}`,
      `${roleArn("d ev")},${PRINCIPAL}`,
      rolePair("a"),
      `${PRINCIPAL},${roleArn("b")}`,
      `${roleArn("a")},${PRINCIPAL}2`,
    ];
    expect(arns(responseXml({ roles }))).toEqual([roleArn("b"), roleArn("a")]);
  });

  it("may stand in several attributes of several statements, whatever the format of the name", () => {
    const more = attribute("Role", rolePair("ops")).replace(
      " Name=",
      ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" Name=',
    );
    const second = `<saml:AttributeStatement>${more}${attribute("Role", rolePair("last"))}</saml:AttributeStatement></saml:Assertion>`;
    expect(arns(edited("</saml:Assertion>", second))).toEqual(["dev", "ops", "last"].map(roleArn));
  });

  it("that stand in an extension, in advice or in another attribute are none", () => {
    const inner = `<saml:AttributeStatement>${attribute("Role", rolePair("evil"))}</saml:AttributeStatement>`;
    const advice = `<saml:Advice><saml:Assertion ID="_b">${inner}</saml:Assertion></saml:Advice><saml:AttributeStatement>`;
    const xml = edited("<saml:AttributeStatement>", advice).replace(
      "<samlp:Status>",
      `<samlp:Extensions><saml:Assertion>${inner}</saml:Assertion></samlp:Extensions><samlp:Status>`,
    );
    expect(arns(xml)).toEqual([roleArn("dev")]);
    expect(() => read(edited("SAML/Attributes/Role", "SAML/Attributes/role"))).toThrow("offers no AWS role");
  });

  it("are those of the first assertion that offers any", () => {
    const empty = `<saml:Assertion ID="_z" IssueInstant="2020-01-01T00:00:00Z"><saml:Issuer>x</saml:Issuer></saml:Assertion>`;
    const tools = toolsWith(nothing);
    const xml = edited("<saml:Assertion ", `${empty}<saml:Assertion `).replace(
      "</samlp:Response>",
      `${empty.replace("</saml:Assertion>", `<saml:AttributeStatement>${attribute("Role", rolePair("evil"))}</saml:AttributeStatement></saml:Assertion>`)}</samlp:Response>`,
    );
    expect(read(xml, tools)).toMatchObject({ issuer: "https://idp.example.com/saml", roles: [{ roleArn: roleArn("dev") }] });
    expect(tools.lines.join()).toContain("holds 3 assertions");
  });

  it("that are all no pairs are told of in the log, without their values", () => {
    const tools = toolsWith(nothing);
    expect(() => read(responseXml({ roles: ["secret-group", "other"] }), tools)).toThrow("offers no AWS role");
    expect(tools.lines).toEqual([expect.stringContaining("none of the 2 values of https://aws.amazon.com/SAML/Attributes/Role")]);
    expect(tools.lines.join()).not.toContain("secret-group");
  });
});

describe("who an assertion is of", () => {
  it.each([
    ["jo@example.com", "jo@example.com"],
    ["jo+aws@example.com", "jo+aws@example.com"],
    ["\n   jo \n", "jo"],
    ["jo<!-- attack -->hn@example.com", "john@example.com"],
    ["<![CDATA[jo]]>hn", "john"],
    ["jo\u009bhn", "jo\\u{9b}hn"],
  ])("%j is %j", (user, expected) => {
    expect(readParts({ user }).user).toBe(expected);
  });

  it("is its subject where it has no RoleSessionName", () => {
    const xml = edited(/<saml:Attribute Name="[^"]*RoleSessionName">.*?<\/saml:Attribute>/, "", { user: "subject-1" });
    expect(read(xml).user).toBe("subject-1");
  });
});

describe("how long a session may last", () => {
  it.each([
    ["900", 900],
    ["43200", 43_200],
    [" 3600\n", 3600],
    ["899", undefined],
    ["43201", undefined],
    ["1e4", undefined],
    ["0x1000", undefined],
    ["3600.5", undefined],
    ["-3600", undefined],
    ["PT1H", undefined],
  ])("%j is %j", (sessionDuration, expected) => {
    expect(readParts({ sessionDuration }).sessionSeconds).toBe(expected);
  });
});

describe("the limits of an assertion", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
  const tools = toolsWith(nothing, { clock: { ...realClock, now: () => now } });
  const readAt = (parts: ResponseParts) => read(responseXml(parts), tools);

  it.each([
    ["five minutes after it was issued", { issuedAt: at(-1), notOnOrAfter: at(60) }, at(4)],
    ["what it says itself, if that is earlier", { issuedAt: at(-1), notOnOrAfter: at(2) }, at(2)],
    ["the same in another zone", { issuedAt: "2026-03-01T13:59:00+02:00", notOnOrAfter: at(60) }, at(4)],
    [
      "the same with seven digits of a second",
      { issuedAt: "2026-03-01T12:00:00.1234567Z", notOnOrAfter: at(60) },
      "2026-03-01T12:05:00.123Z",
    ],
    ["the same without a zone", { issuedAt: "2026-03-01T12:00:00", notOnOrAfter: at(60) }, at(5)],
    ["past by less than clocks differ", { issuedAt: at(-6), notOnOrAfter: at(60) }, at(-1)],
    ["ahead by less than clocks differ", { issuedAt: at(2), notOnOrAfter: at(60) }, at(7)],
  ])("are %s", (_what, parts, expected) => {
    expect(readAt(parts).expiresAt.toISOString()).toBe(expected);
  });

  it.each([
    ["is over: AWS takes it until 2026-03-01T11:50:00Z", { issuedAt: at(-15), notOnOrAfter: at(60) }],
    ["is of the future: it was issued at 2026-03-01T12:20:00Z", { issuedAt: at(20), notOnOrAfter: at(60) }],
  ])("%s, says the error, and asks for this machine's clock", (message, parts) => {
    const hint = "this machine's clock says 2026-03-01T12:00:00Z: is it right?";
    expect(() => readAt(parts)).toThrow(
      expect.objectContaining({ code: "assertion-invalid", message: expect.stringContaining(message), hint }),
    );
  });

  it("are none where it does not say when it was issued", () => {
    expect(() => readAt({ issuedAt: "yesterday" })).toThrow("does not say when it was issued");
  });
});

describe("a response without an assertion", () => {
  const status = (code: string, inner: string, words: string) =>
    edited(
      /<samlp:Status>.*<\/samlp:Status>/,
      `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${code}">${inner}</samlp:StatusCode>${words}</samlp:Status>`,
    );
  const nested = (code: string) => `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${code}"/>`;

  it.each([
    ["AuthnFailed: wrong pass word", "Responder", nested("AuthnFailed"), "<samlp:StatusMessage>wrong\n  pass word</samlp:StatusMessage>"],
    ["RequestDenied", "Responder", nested("RequestDenied"), ""],
    ["NoPassive", "Responder", nested("NoPassive"), ""],
    ["Requester: \\u{1b}[1mno", "Requester", "", "<samlp:StatusMessage>&#x1b;[1mno</samlp:StatusMessage>"],
  ])("says %s as the provider says it", (expected, ...parts) => {
    const xml = status(...parts).replace("&#x1b;", "\u001b");
    expect(() => read(xml)).toThrow(
      expect.objectContaining({ code: "provider-refused", message: `the SAML response of idp.example.com says ${expected}` }),
    );
  });

  it.each([
    ["is encrypted, and only AWS can read", edited(/<saml:Assertion [^]*<\/saml:Assertion>/, "<saml:EncryptedAssertion/>")],
    ["holds no assertion", edited(/<saml:Assertion [^]*<\/saml:Assertion>/, "")],
    ["is no SAML response", "<html/>"],
    ["is no SAML response", "{}"],
    ["is no SAML response", edited("<samlp:Response ", '<!DOCTYPE x [<!ENTITY e "v">]><samlp:Response ')],
    ["is no SAML response", edited("</samlp:Response>", "</samlp:Response><x/>")],
    ["is no SAML response", edited("SAML:2.0:protocol", "SAML:1.0:protocol")],
    ["is no SAML response", edited("jo@example.com", "&unknown;")],
  ])("%s", (message, xml) => {
    expect(() => read(xml)).toThrow(expect.objectContaining({ code: "assertion-invalid", message: expect.stringContaining(message) }));
    expect(offersRoles(toField(xml))).toBe(false);
  });

  it.each(["", "%%%", Buffer.from([0x3c, 0xff, 0x3e]).toString("base64")])("%j is none", (field) => {
    expect(() => readAssertion(field, "idp.example.com", toolsWith(nothing))).toThrow("is no SAML response");
  });

  it("has nothing of its values in the error", () => {
    const caught = (xml: string) => {
      try {
        read(xml);
      } catch (error) {
        return inspect(error, { depth: 9 });
      }
      throw new Error("nothing was thrown");
    };
    for (const xml of [edited("</samlp:Response>", "<"), responseXml({ roles: [], user: "s3cret" })]) {
      expect(caught(xml)).not.toContain("s3cret");
      expect(caught(xml)).not.toContain("arn:aws");
    }
  });
});

it("a response that is longer than AWS takes is named as that", () => {
  const user = (length: number) => responseXml({ user: "x".repeat(length) });
  expect(read(user(30_000)).roles).toHaveLength(1);
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html: at most 100000
  expect(() => read(user(40_000))).toThrow("is longer than the 100000 characters that AWS takes");
});

it("line breaks in the base64 are not passed on", () => {
  const wrapped = toField(responseXml()).replaceAll(/.{76}/g, "$&\r\n");
  const assertion = readAssertion(wrapped, "idp.example.com", toolsWith(nothing));
  expect(assertion.raw.reveal()).toBe(wrapped.replaceAll(/\s/g, ""));
  expect(inspect(assertion)).not.toContain(assertion.raw.reveal());
});

describe("a megabyte made to keep a parser busy", () => {
  const size = 1_000_000;
  const fill = (text: string) => text.repeat(Math.floor(size / text.length));
  const inside = (text: string) => edited("jo@example.com", text);
  const namespaces = (from: number) => Array.from({ length: 31 }, (_, index) => `xmlns:n${from + index}="u"`).join(" ");
  it.each([
    ["elements in elements", fill("<a>")],
    ["closed ones", "<a>".repeat(size / 7) + "</a>".repeat(size / 7)],
    ["attributes without end", `<a ${Array.from({ length: 60_000 }, (_, index) => `a${index}="1"`).join(" ")}/>`],
    ["a tag without end", fill("<b ")],
    ["a tag of blanks", `<b ${" ".repeat(size)}`],
    ["names in a tag", `<b ${fill("b ")}/>`],
    ["a quote without end", `<b c="${fill("'")}`],
    ["angle brackets", fill("<")],
    ["ampersands", fill("&")],
    ["references", fill("&lt;")],
    ["comments without end", fill("<!--")],
    ["comments", fill("<!---->")],
    ["instructions without end", fill("<?x ")],
    ["CDATA without end", fill("<![CDATA[")],
    ["elements", fill("<b/>")],
    [
      "namespaces",
      Array.from({ length: 25 }, (_, depth) => `<a ${namespaces(depth * 31)}>`).join("") +
        fill('<b xmlns:x="u"/>').slice(0, 16 * 2_900) +
        "</a>".repeat(25),
    ],
    ["blanks", fill(" ")],
    ["blanks between commas", fill(",        ")],
    ["slashes", `arn:aws:iam::${ACCOUNT}:role/${fill("a/")}!,${PRINCIPAL}`],
  ])("(%s) is read or refused within two seconds", (_what, text) => {
    for (const xml of [inside(text), responseXml({ roles: [text] })]) {
      const startedAt = performance.now();
      offersRoles(toField(xml));
      expect(performance.now() - startedAt).toBeLessThan(2000);
    }
  });
});

describe("the page that a response for AWS is posted to", () => {
  it.each([
    "https://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com/saml/",
    "https://us-west-2.signin.aws.amazon.com/saml",
    "https://us-west-2.signin.aws.amazon.com/saml/acs/SAMLSP1234567890",
    "https://signin.amazonaws.cn/saml",
    "https://cn-north-1.signin.amazonaws.cn/saml",
    "https://signin.amazonaws-us-gov.com/saml",
    "https://us-gov-east-1.signin.amazonaws-us-gov.com/saml",
    "https://signin-fips.amazonaws-us-gov.com/saml",
    "https://eusc-de-east-1.signin.amazonaws-eusc.eu/saml",
    "https://us-iso-east-1.signin.c2shome.ic.gov/saml",
    "https://us-isob-east-1.signin.sc2shome.sgov.gov/saml",
    "https://eu-isoe-west-1.signin.csphome.adc-e.uk/saml",
    "https://us-isof-south-1.signin.csphome.hci.ic.gov/saml",
  ])("is %s", (url) => {
    expect(isAwsSignIn(new URL(url))).toBe(true);
  });

  it.each([
    "http://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com:8443/saml",
    "https://signin.aws.amazon.com/",
    "https://signin.aws.amazon.com/samlet",
    "https://signin.aws.amazon.com.evil.example/saml",
    "https://evilsignin.aws.amazon.com/saml",
    "https://console.aws.amazon.com/saml",
    "https://us-east-1.signin.aws.amazon.com/platform/saml/acs/1",
    "https://evil.example/saml?signin.aws.amazon.com/saml",
  ])("is not %s", (url) => {
    expect(isAwsSignIn(new URL(url))).toBe(false);
  });
});
