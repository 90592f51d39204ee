/**
 * A SAML response as it is posted to AWS → the assertion in it.
 *
 * It is not verified here: AWS does that with the provider's metadata, and nothing but what to ask AWS for is decided by it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html for the attributes
 * @see SAML 2.0 Core sections 2.3 (Assertion), 2.5 (Conditions), 3.2.2 (Status)
 */

import { LoginError, shorten } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Assertion, OfferedRole } from "./assertion.ts";
import { elementsNamed, parseXml, textOf } from "./xml.ts";

const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";
/** AWS takes an assertion for so long after it was issued. */
const TAKEN_FOR_MS = 5 * 60_000;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[!-~]+$/;
const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:saml-provider\/[!-~]+$/;

/** True for a response that is meant for AWS: it names roles. A federation's, on the way, does not. */
export function offersRoles(response: string): boolean {
  const document = decode(response);
  return document !== undefined && rolesIn(document).length > 0;
}

/**
 * @param response base64, as in the form field SAMLResponse
 * @throws LoginError "assertion-invalid"
 */
export function readAssertion(response: string, provider: string): Assertion {
  const document = decode(response);
  if (document === undefined) throw invalid(provider, "is no SAML response");
  const [assertion] = elementsNamed(document, ASSERTION, "Assertion");
  if (assertion === undefined) throw invalid(provider, reasonOf(document));
  const roles = rolesIn(assertion);
  if (roles.length === 0)
    throw invalid(provider, "offers no AWS role", "its administrator has to give this user one in the AWS application");
  return {
    raw: new Secret(response),
    issuer: textOf(elementsNamed(assertion, ASSERTION, "Issuer")[0]),
    user: valuesOf(assertion, "RoleSessionName")[0] ?? "",
    roles,
    sessionSeconds: secondsIn(assertion),
    expiresAt: endOf(assertion, provider),
  };
}

function decode(response: string): Document | undefined {
  return parseXml(Buffer.from(response, "base64").toString("utf8"));
}

/** Why there is none, where the provider says. */
function reasonOf(document: Document): string {
  if (elementsNamed(document, ASSERTION, "EncryptedAssertion").length > 0)
    return "is encrypted, and only AWS can read which roles it offers";
  const status = elementsNamed(document, PROTOCOL, "StatusCode").at(-1)?.getAttribute("Value") ?? "";
  const words = textOf(elementsNamed(document, PROTOCOL, "StatusMessage")[0]);
  const code = status.slice(status.lastIndexOf(":") + 1);
  return code === "" || code === "Success" ? "holds no assertion" : `says ${shorten(words === "" ? code : `${code}: ${words}`)}`;
}

/** Pairs in either order, with blanks around or between; another value than such a pair is nothing to us. */
function rolesIn(parent: Document | Element): OfferedRole[] {
  const roles = new Map<string, OfferedRole>();
  for (const value of valuesOf(parent, "Role")) {
    const parts = value.split(",").map((part) => part.trim());
    const [roleArn, principalArn] = [parts.find((part) => ROLE.test(part)), parts.find((part) => PRINCIPAL.test(part))];
    if (parts.length !== 2 || roleArn === undefined || principalArn === undefined) continue;
    if (!roles.has(roleArn)) roles.set(roleArn, { roleArn, principalArn });
  }
  return [...roles.values()];
}

/** Of one of AWS's attributes. */
function valuesOf(parent: Document | Element, name: string): string[] {
  return elementsNamed(parent, ASSERTION, "Attribute")
    .filter((attribute) => attribute.getAttribute("Name") === ATTRIBUTES + name)
    .flatMap((attribute) => elementsNamed(attribute, ASSERTION, "AttributeValue").map(textOf))
    .filter((value) => value !== "");
}

function secondsIn(assertion: Element): number | undefined {
  const seconds = Number(valuesOf(assertion, "SessionDuration")[0]);
  return Number.isInteger(seconds) && seconds >= 900 && seconds <= 43_200 ? seconds : undefined;
}

function endOf(assertion: Element, provider: string): Date {
  const issuedAt = Date.parse(assertion.getAttribute("IssueInstant") ?? "");
  if (Number.isNaN(issuedAt)) throw invalid(provider, "does not say when it was issued");
  const limits = elementsNamed(assertion, ASSERTION, "SubjectConfirmationData")
    .map((data) => Date.parse(data.getAttribute("NotOnOrAfter") ?? ""))
    .filter((limit) => !Number.isNaN(limit));
  return new Date(Math.min(issuedAt + TAKEN_FOR_MS, ...limits));
}

function invalid(provider: string, what: string, hint?: string): LoginError {
  return new LoginError("assertion-invalid", `the SAML response of ${provider} ${what}`, { provider, step: "assertion", hint });
}
