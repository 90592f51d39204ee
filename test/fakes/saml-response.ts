/**
 * What an identity provider posts to AWS: a SAML response, and the page that a browser posts it from.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html, whose example has these elements
 * @see SAML 2.0 Bindings section 3.5.4 for the page
 */

import { html, type Answer } from "../login/fake-provider.ts";

export const ACCOUNT = "123456789012";
export const PRINCIPAL = `arn:aws:iam::${ACCOUNT}:saml-provider/idp`;
export const AWS_SIGN_IN = "https://signin.aws.amazon.com/saml";

export interface ResponseParts {
  /** As the Role attribute has them: "role-arn,provider-arn". */
  readonly roles?: readonly string[];
  readonly user?: string;
  readonly sessionDuration?: string;
  /** RFC 3339; now unless told. */
  readonly issuedAt?: string;
  readonly issuer?: string;
  /** Goes into SubjectConfirmationData. */
  readonly notOnOrAfter?: string;
  readonly inResponseTo?: string;
  readonly destination?: string;
}

export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
export const rolePair = (name: string) => `${roleArn(name)},${PRINCIPAL}`;

/** XML. */
export function responseXml(parts: ResponseParts = {}): string {
  const now = Date.now();
  const { issuer = "https://idp.example.com/saml", issuedAt = new Date(now).toISOString(), user = "jo@example.com" } = parts;
  const { roles = [rolePair("dev")], sessionDuration, destination = AWS_SIGN_IN, inResponseTo } = parts;
  const { notOnOrAfter = new Date(now + 300_000).toISOString() } = parts;
  const answers = inResponseTo === undefined ? "" : ` InResponseTo="${inResponseTo}"`;
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r" Version="2.0" IssueInstant="${issuedAt}" Destination="${destination}"${answers}>
  <saml:Issuer>${issuer}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="_a" Version="2.0" IssueInstant="${issuedAt}">
    <saml:Issuer>${issuer}</saml:Issuer>
    <saml:Subject>
      <saml:NameID>${user}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData${answers} NotOnOrAfter="${notOnOrAfter}" Recipient="${destination}"/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="${issuedAt}" NotOnOrAfter="${notOnOrAfter}">
      <saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AttributeStatement>
      ${attribute("Role", roles)}
      ${attribute("RoleSessionName", [user])}
      ${sessionDuration === undefined ? "" : attribute("SessionDuration", [sessionDuration])}
    </saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>`;
}

/** Base64. */
export function samlResponse(parts: ResponseParts = {}): string {
  return Buffer.from(responseXml(parts)).toString("base64");
}

/** The page that posts it: to AWS unless told. */
export function responsePage(response: string, action = AWS_SIGN_IN): Answer {
  return html(`<html><body onload="document.forms[0].submit()"><form method="post" action="${action}">
    <input type="hidden" name="SAMLResponse" value="${response}"/><input type="hidden" name="RelayState" value=""/>
    <noscript><button type="submit">Continue</button></noscript></form></body></html>`);
}

function attribute(name: string, values: readonly string[]): string {
  const texts = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join("");
  return `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}">${texts}</saml:Attribute>`;
}
