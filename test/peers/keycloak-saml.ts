/**
 * AWS's SAML client as a Keycloak realm has it: the client, its roles (whose names are what AWS wants to read) and who has them.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html for the attributes
 */

import { administer, type Keycloak } from "./keycloak.ts";

const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";

export interface AwsClient {
  /** In the URL that starts the login: "…/protocol/saml/clients/NAME". */
  readonly name: string;
  /** "role-arn,provider-arn" each. */
  readonly roles: readonly string[];
  /** Seconds that an assertion is good for; 300 unless told. */
  readonly lifespan?: number;
  /** Seconds, as the SessionDuration attribute. */
  readonly sessionDuration?: number;
  /** All roles in one attribute, as Keycloak has it by default; moto takes only one value in each. */
  readonly single?: boolean;
  /** Where browsers post the response to; the sign-in of AWS unless told. */
  readonly signIn?: string;
}

/** "urn:amazon:webservices", or with a suffix for the clients beside it. */
export function clientId({ name }: AwsClient): string {
  return name === "aws" ? "urn:amazon:webservices" : `urn:amazon:webservices:${name}`;
}

/** The clients and their roles, for `createRealm`. */
export function awsRealm(clients: readonly AwsClient[]): { clients: readonly object[]; roles: object } {
  const roles = Object.fromEntries(clients.map((client) => [clientId(client), client.roles.map((name) => ({ name }))]));
  return { clients: clients.map(representation), roles: { client: roles } };
}

/** Gives a user the roles that `has` picks, at every client; for `more` of a user. */
export function withRoles(clients: readonly AwsClient[], has: (role: string) => boolean): { clientRoles: object } {
  return { clientRoles: Object.fromEntries(clients.map((client) => [clientId(client), client.roles.filter(has)])) };
}

/** Puts `realm` in front of `behind` by SAML, with both messages as forms to be sent on. */
export async function brokerBySaml(server: Pick<Keycloak, "url">, realm: string, behind: string, alias: string): Promise<void> {
  const [front, back] = [`${server.url}/realms/${realm}`, `${server.url}/realms/${behind}`];
  await administer(server, "POST", `/${behind}/clients`, {
    clientId: front,
    protocol: "saml",
    redirectUris: [`${front}/broker/*`],
    attributes: { "saml.client.signature": "false", "saml.assertion.signature": "true", saml_name_id_format: "username" },
  });
  await administer(server, "POST", `/${realm}/identity-provider/instances`, {
    alias,
    displayName: alias.toUpperCase(),
    providerId: "saml",
    enabled: true,
    config: {
      entityId: front,
      idpEntityId: back,
      singleSignOnServiceUrl: `${back}/protocol/saml`,
      postBindingAuthnRequest: "true",
      postBindingResponse: "true",
      nameIDPolicyFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
      principalType: "SUBJECT",
      syncMode: "IMPORT",
    },
  });
}

/** Has the client's assertions encrypted, with a new key. */
export async function encryptAssertions(server: Pick<Keycloak, "url">, realm: string, client: AwsClient): Promise<void> {
  const find = async () => {
    const path = `/${realm}/clients?clientId=${encodeURIComponent(clientId(client))}`;
    const [found] = (await administer(server, "GET", path)) as { id: string; attributes: object }[];
    if (found === undefined) throw new Error(`no client ${client.name}`);
    return found;
  };
  await administer(server, "POST", `/${realm}/clients/${(await find()).id}/certificates/saml.encryption/generate`);
  const { id, attributes } = await find();
  await administer(server, "PUT", `/${realm}/clients/${id}`, { attributes: { ...attributes, "saml.encrypt": "true" } });
}

function representation(client: AwsClient): object {
  const { name, lifespan = 300, sessionDuration, single = false, signIn = "https://signin.aws.amazon.com/saml" } = client;
  return {
    clientId: clientId(client),
    protocol: "saml",
    // Else every role of the user would be offered to AWS.
    fullScopeAllowed: false,
    // The scope "role_list" has a role list mapper too, and Keycloak heeds only one.
    defaultClientScopes: [],
    redirectUris: [signIn],
    attributes: {
      saml_idp_initiated_sso_url_name: name,
      saml_assertion_consumer_url_post: signIn,
      "saml.force.post.binding": "true",
      "saml.assertion.signature": "true",
      "saml.client.signature": "false",
      "saml.assertion.lifespan": String(lifespan),
    },
    protocolMappers: [
      mapper("Role", "saml-role-list-mapper", { single: String(single) }),
      mapper("RoleSessionName", "saml-user-property-mapper", { "user.attribute": "username" }),
      ...(sessionDuration === undefined
        ? []
        : [mapper("SessionDuration", "saml-hardcode-attribute-mapper", { "attribute.value": String(sessionDuration) })]),
    ],
  };
}

function mapper(name: string, kind: string, config: object): object {
  const attribute = { "attribute.name": ATTRIBUTES + name, "friendly.name": name, "attribute.nameformat": "Basic" };
  return { name, protocol: "saml", protocolMapper: kind, config: { ...attribute, ...config } };
}
