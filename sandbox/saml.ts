/**
 * The provider's SAML side: for each application a page that logs the user in and then posts a response for AWS that nobody asked for
 * (IdP-initiated), as AWS's guide has identity providers do it.
 *
 * Responses are not signed. What stands for the signature is that the provider knows the text of each that it made: STS takes no other.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html for the elements
 */

import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";

import type { Account } from "./interactions.ts";
import type { Handle, ReceivedRequest } from "./loopback-server.ts";
import * as pages from "./pages.ts";

/** An application of the provider's that leads to AWS; its page is at /saml/<name>. */
export interface SamlApp {
  readonly name: string;
  /** The roles that it gives each user, with the SAML provider in IAM that vouches for each. */
  readonly roles: readonly { readonly roleArn: string; readonly principalArn: string }[];
  /** Goes into SessionDuration. */
  readonly sessionSeconds?: number;
}

/** What a response says. */
export interface SamlFacts {
  readonly issuer: string;
  readonly audience: string;
  readonly recipient: string;
  readonly user: string;
  readonly app: SamlApp;
  /** Milliseconds since the epoch, as the other times. */
  readonly issuedAtMs: number;
  readonly notOnOrAfterMs: number;
}

export interface SamlSide {
  /** Who the responses are from. */
  readonly entityId: string;
  readonly handle: Handle;
  /** Makes a response, in base64, as the page of an application would. */
  respond(app: SamlApp, user: string, changes?: Partial<SamlFacts>): string;
  /** What a response of this provider's says; undefined for any other text. */
  read(response: string): SamlFacts | undefined;
}

export const AWS_AUDIENCE = "urn:amazon:webservices";
export const AWS_RECIPIENT = "https://signin.aws.amazon.com/saml";
const GOOD_FOR_MS = 300_000;
const COOKIE = "saml_session";

export interface SamlOptions {
  readonly origin: string;
  readonly apps: readonly SamlApp[];
  readonly accounts: ReadonlyMap<string, Account>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createSaml({ origin, apps, accounts, now }: SamlOptions): SamlSide {
  const made = new Map<string, SamlFacts>();
  const entityId = `${origin}/saml`;
  const respond = (app: SamlApp, user: string, changes: Partial<SamlFacts> = {}): string => {
    const issuedAtMs = now();
    const times = { issuedAtMs, notOnOrAfterMs: issuedAtMs + GOOD_FOR_MS };
    const facts = { issuer: entityId, audience: AWS_AUDIENCE, recipient: AWS_RECIPIENT, user, app, ...times, ...changes };
    const response = Buffer.from(responseXml(facts)).toString("base64");
    made.set(response, facts);
    return response;
  };
  return { entityId, respond, read: (response) => made.get(response), handle: createPages(apps, accounts, respond) };
}

type Respond = (app: SamlApp, user: string) => string;

function createPages(apps: readonly SamlApp[], accounts: ReadonlyMap<string, Account>, respond: Respond): Handle {
  const sessions = new Map<string, string>();
  /** By the value that has to come back with the code: whose password was right. */
  const halfway = new Map<string, string>();
  return (request, _incoming, response) => {
    const app = apps.find(({ name }) => request.url.pathname === `/saml/${name}`);
    if (app === undefined) return sendPage(response, 404, pages.htmlPage("There is no such application", []));
    if (request.method !== "POST") {
      const user = sessions.get(cookieOf(request) ?? "");
      return sendPage(response, 200, user === undefined ? loginPage(app) : responsePage(respond(app, user)));
    }
    const outcome = logIn(new URLSearchParams(request.body), accounts, halfway);
    if ("problem" in outcome) return sendPage(response, 200, loginPage(app, outcome));
    const session = randomUUID();
    sessions.set(session, outcome.user);
    response.writeHead(303, { location: `/saml/${app.name}`, "set-cookie": `${COOKIE}=${session}; Path=/saml; HttpOnly` }).end();
  };
}

interface Again {
  readonly problem: string | undefined;
  /** Set when the code is wanted. */
  readonly attempt?: string;
}

function logIn(
  form: URLSearchParams,
  accounts: ReadonlyMap<string, Account>,
  halfway: Map<string, string>,
): { readonly user: string } | Again {
  const attempt = form.get("attempt") ?? "";
  const begun = accounts.get(halfway.get(attempt) ?? "");
  if (begun !== undefined) {
    if (begun.totp?.accept(form.get("code") ?? "") !== true) return { problem: "Wrong one-time code.", attempt };
    halfway.delete(attempt);
    return { user: begun.name };
  }
  const account = accounts.get(form.get("username") ?? "");
  if (account === undefined || form.get("password") !== account.password) return { problem: "Wrong user name or password." };
  if (account.totp === undefined) return { user: account.name };
  const next = randomUUID();
  halfway.set(next, account.name);
  return { problem: undefined, attempt: next };
}

function loginPage({ name }: SamlApp, { problem, attempt }: Again = { problem: undefined }): string {
  const fields = attempt === undefined ? [pages.USERNAME_FIELD, pages.PASSWORD_FIELD] : [pages.CODE_FIELD];
  const hidden: Record<string, string> = attempt === undefined ? {} : { attempt };
  return pages.formPage({ title: "Sign in", action: `/saml/${name}`, problem, hidden, fields, buttons: [pages.SIGN_IN_BUTTON] });
}

/** SAML 2.0 Bindings section 3.5.4; a browser's script would send it. */
function responsePage(response: string): string {
  const hidden = { SAMLResponse: response, RelayState: "" };
  return pages.formPage({ title: "To AWS", action: AWS_RECIPIENT, hidden, fields: [], buttons: ['<button type="submit">Go on</button>'] });
}

function responseXml({ issuer, audience, recipient, user, app, issuedAtMs, notOnOrAfterMs }: SamlFacts): string {
  const [issued, end] = [issuedAtMs, notOnOrAfterMs].map((timeMs) => new Date(timeMs).toISOString());
  const attributes = [
    attribute(
      "Role",
      app.roles.map(({ roleArn, principalArn }) => `${roleArn},${principalArn}`),
    ),
    attribute("RoleSessionName", [user]),
    ...(app.sessionSeconds === undefined ? [] : [attribute("SessionDuration", [String(app.sessionSeconds)])]),
  ];
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" Version="2.0" IssueInstant="${issued}" Destination="${recipient}">
<Issuer>${issuer}</Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<Assertion ID="_${randomUUID()}" Version="2.0" IssueInstant="${issued}">
<Issuer>${issuer}</Issuer>
<Subject><NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">id-of-${user}</NameID>
<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData NotOnOrAfter="${end}" Recipient="${recipient}"/></SubjectConfirmation></Subject>
<Conditions NotBefore="${issued}" NotOnOrAfter="${end}"><AudienceRestriction><Audience>${audience}</Audience></AudienceRestriction></Conditions>
<AttributeStatement>${attributes.join("")}</AttributeStatement>
</Assertion></samlp:Response>`;
}

function attribute(name: string, values: readonly string[]): string {
  const texts = values.map((value) => `<AttributeValue>${value}</AttributeValue>`).join("");
  return `<Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}">${texts}</Attribute>`;
}

function cookieOf({ headers }: ReceivedRequest): string | undefined {
  return new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(headers.cookie ?? "")?.[1];
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(html);
}
