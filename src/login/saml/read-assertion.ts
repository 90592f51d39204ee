/**
 * A SAML response as it is posted to AWS → the assertion in it.
 *
 * It is not verified here: AWS does that with the provider's metadata, and nothing but what to ask AWS for is decided by it. Of several
 * assertions the first that offers a role counts; AWS reads the whole response and has the last word on it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html for the attributes
 * @see SAML 2.0 Core sections 2.3 (Assertion), 2.5 (Conditions)
 */

import { shorten } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { LoginTools } from "../login-tools.ts";
import type { Assertion } from "./assertion.ts";
import { readInstant, SKEW_MS } from "./instants.ts";
import { offeredRoles } from "./offered-roles.ts";
import { ASSERTION, assertionsIn, decodeField, invalid, openResponse, parseResponse, withoutAssertion } from "./response.ts";
import { attributeOf, childrenNamed, textOf } from "./xml.ts";

const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";
/** AWS takes an assertion for so long after it was issued. */
const TAKEN_FOR_MS = 5 * 60_000;

export type ReadingTools = Pick<LoginTools, "clock" | "log">;

/** True for a response that is meant for AWS: it names roles. A federation's, on the way, does not. */
export function offersRoles(field: string): boolean {
  const xml = decodeField(field);
  const response = xml === undefined ? undefined : parseResponse(xml);
  return response !== undefined && assertionsIn(response).some(isOffering);
}

/**
 * @param field base64, as in the form field SAMLResponse
 * @throws LoginError "assertion-invalid", "provider-refused"
 */
export function readAssertion(field: string, provider: string, tools: ReadingTools): Assertion {
  return describeAssertion(pickAssertion(openResponse(field, provider), provider, tools), { field, provider, tools });
}

export interface Reading {
  /** What AWS gets. */
  readonly field: string;
  readonly provider: string;
  readonly tools: ReadingTools;
}

/** @throws LoginError "assertion-invalid" */
export function describeAssertion(assertion: Element, { field, provider, tools }: Reading): Assertion {
  return {
    raw: new Secret(field.replaceAll(/\s+/g, "")),
    issuer: shorten(textOf(childrenNamed(assertion, ASSERTION, "Issuer")[0])),
    user: userIn(assertion),
    roles: rolesIn(assertion, provider, tools),
    sessionSeconds: secondsIn(assertion, tools),
    expiresAt: endOf(assertion, provider, tools.clock.now()),
  };
}

function pickAssertion(response: Element, provider: string, { log }: ReadingTools): Element {
  const assertions = assertionsIn(response);
  if (assertions.length > 1) log.debug(`the SAML response of ${provider} holds ${assertions.length} assertions`);
  const assertion = assertions.find(isOffering) ?? assertions[0];
  if (assertion === undefined) throw withoutAssertion(response, provider);
  return assertion;
}

function isOffering(assertion: Element): boolean {
  return offeredRoles(valuesOf(assertion, "Role")).length > 0;
}

function rolesIn(assertion: Element, provider: string, { log }: ReadingTools): Assertion["roles"] {
  const values = valuesOf(assertion, "Role");
  const roles = offeredRoles(values);
  if (roles.length > 0) return roles;
  if (values.length > 0)
    log.debug(`none of the ${values.length} values of ${ATTRIBUTES}Role is a role's ARN and a provider's, separated by a comma`);
  throw invalid(provider, "offers no AWS role", "its administrator has to give this user one in the AWS application");
}

/** What the session is called; AWS takes no assertion without a RoleSessionName, but who it is can be told by its subject. */
function userIn(assertion: Element): string {
  const [subject] = childrenNamed(assertion, ASSERTION, "Subject");
  return shorten(valuesOf(assertion, "RoleSessionName")[0] ?? textOf(childrenNamed(subject, ASSERTION, "NameID")[0]));
}

/** Of one of AWS's attributes, in all statements, whatever the format of its name is said to be. */
function valuesOf(assertion: Element, name: string): string[] {
  return childrenNamed(assertion, ASSERTION, "AttributeStatement")
    .flatMap((statement) => childrenNamed(statement, ASSERTION, "Attribute"))
    .filter((attribute) => attribute.getAttribute("Name") === ATTRIBUTES + name)
    .flatMap((attribute) => childrenNamed(attribute, ASSERTION, "AttributeValue").map(textOf))
    .filter((value) => value !== "");
}

/** AWS refuses a session of another length. */
function secondsIn(assertion: Element, { log }: ReadingTools): number | undefined {
  const [text] = valuesOf(assertion, "SessionDuration");
  if (text === undefined) return undefined;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= 900 && seconds <= 43_200) return seconds;
  log.debug("the assertion's SessionDuration is not a number of seconds from 900 to 43200: it does not count");
  return undefined;
}

/** The earliest of its limits. */
function endOf(assertion: Element, provider: string, now: number): Date {
  const issuedAt = readInstant(attributeOf(assertion, "IssueInstant"));
  if (issuedAt === undefined) throw invalid(provider, "does not say when it was issued");
  const [subject] = childrenNamed(assertion, ASSERTION, "Subject");
  const confirmations = childrenNamed(subject, ASSERTION, "SubjectConfirmation");
  const limited = [
    ...childrenNamed(assertion, ASSERTION, "Conditions"),
    ...confirmations.flatMap((confirmation) => childrenNamed(confirmation, ASSERTION, "SubjectConfirmationData")),
  ];
  const limits = limited.flatMap((element) => readInstant(attributeOf(element, "NotOnOrAfter")) ?? []);
  const end = Math.min(issuedAt + TAKEN_FOR_MS, ...limits);
  const hint = `this machine's clock says ${isoTime(now)}: is it right?`;
  if (issuedAt > now + SKEW_MS) throw invalid(provider, `is of the future: it was issued at ${isoTime(issuedAt)}`, hint);
  if (end <= now - SKEW_MS) throw invalid(provider, `is over: AWS takes it until ${isoTime(end)}`, hint);
  return new Date(end);
}

function isoTime(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");
}
