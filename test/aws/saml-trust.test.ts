import { expect, test } from "vitest";
import { samlTrustPolicy } from "../../src/aws/saml-trust.ts";
import { readAssertion } from "../../src/login/saml/read-assertion.ts";
import { trustFactsOf } from "../../src/login/saml/trust-facts.ts";
import { TestLog } from "../credentials/fixtures.ts";
import { realClock } from "../login/fixtures.ts";
import { PRINCIPAL, responseXml, samlResponse } from "../fakes/saml-response.ts";

const read = (response: string) => readAssertion(response, "idp.example.com", { clock: realClock, log: new TestLog() });
const trust = { principalArn: PRINCIPAL, recipient: "https://signin.aws.amazon.com/saml", hasTags: false, hasSourceIdentity: false };

test("tags and a source identity in the responses need actions of their own", () => {
  expect(samlTrustPolicy(trust)).toContain('"Action": "sts:AssumeRoleWithSAML"');
  const { Statement } = JSON.parse(samlTrustPolicy({ ...trust, hasTags: true, hasSourceIdentity: true })) as { Statement: unknown[] };
  expect(Statement[0]).toMatchObject({ Action: ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"] });
});

test("a login that comes back to this machine is trusted whatever its port", () => {
  const policy = samlTrustPolicy({ ...trust, recipient: "http://localhost:54321/saml/acs" });
  expect(JSON.parse(policy)).toMatchObject({
    Statement: [{ Condition: { StringLike: { "SAML:aud": "http://localhost:*/saml/acs" } } }],
  });
  expect(samlTrustPolicy({ ...trust, recipient: "https://localhost.example.com:1/saml/acs" })).toContain("StringEquals");
});

test("what IAM would read as a variable stays text", () => {
  expect(samlTrustPolicy({ ...trust, recipient: "https://x/${aws:username}" })).toContain("https://x/${$}{aws:username}");
});

test("a response's recipient, tags and source identity are read; one without a recipient is refused", () => {
  const plain = read(samlResponse());
  expect(trustFactsOf(plain, "idp.example.com")).toEqual({
    recipient: "https://signin.aws.amazon.com/saml",
    hasTags: false,
    hasSourceIdentity: false,
  });
  const named = ["PrincipalTag:Team", "SourceIdentity"].map(
    (name) =>
      `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}"><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute>`,
  );
  const tagged = responseXml().replace("</saml:AttributeStatement>", `${named.join("")}</saml:AttributeStatement>`);
  const assertionOf = (xml: string) => read(Buffer.from(xml).toString("base64"));
  expect(trustFactsOf(assertionOf(tagged), "idp.example.com")).toMatchObject({ hasTags: true, hasSourceIdentity: true });
  const mute = assertionOf(responseXml().replace(/ Recipient="[^"]*"/, ""));
  expect(() => trustFactsOf(mute, "idp.example.com")).toThrow("does not say where it is to be posted");
});
