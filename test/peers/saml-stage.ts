/**
 * What the SAML tests share: a realm with AWS's clients, recorders in front of Keycloak and moto, homes and terminals.
 *
 * moto reads the assertion for the session's name and SessionDuration, which it takes for the credentials' life however short, and verifies
 * nothing.
 */

import { inject } from "vitest";
import { type Artefact, makeHome } from "../binary/artefacts.ts";
import { createRealm, type KeycloakUser } from "./keycloak.ts";
import { awsRealm, type AwsClient, withRoles } from "./keycloak-saml.ts";
import { type Recorder, record } from "./recorder.ts";
import { openPane, type Pane } from "./tmux.ts";

export interface SamlStage {
  readonly keycloak: { readonly url: string };
  readonly provider: Recorder;
  readonly sts: Recorder;
  /** What starts a login: saml_auth_url. */
  urlOf(client: string): string;
  /** As the provider's recorder names the request of that; "aws" unless told. */
  page(client?: string): string;
  /** The login form, likewise. */
  readonly form: string;
  /** A new HOME and the environment for a run in it. @param extra goes into [default] */
  freshHome(extra?: string): { HOME: string; AWS_ENDPOINT_URL_STS: string };
  /** The requests since the last call, of the provider and of STS. */
  cost(): readonly [provider: string[], sts: string[]];
  /** Runs it in a terminal. */
  open(artefact: Artefact, words: readonly string[], env: Readonly<Record<string, string>>): Pane;
  /** Ends what one test has opened. */
  clear(): void;
  close(): Promise<void>;
}

export const roleArn = (name: string, partition = "aws") => `arn:${partition}:iam::123456789012:role/${name}`;
export const principalArn = (partition = "aws") => `arn:${partition}:iam::123456789012:saml-provider/keycloak`;
/** As the assertion has it. */
export const pair = (name: string, partition = "aws") => `${roleArn(name, partition)},${principalArn(partition)}`;
/** In the order of the alphabet. */
export const roleNames = ["auditor", "developer", "operator"];
export const roles = roleNames.map((name) => pair(name));
export const passwordOf = (username: string) => `${username}'s password`;

export const asAlice = <E extends object>(env: E) => ({ ...env, SAML_PASSWORD: passwordOf("alice") });

/** Alice, who has every role, and those given. */
export async function setSamlStage(realm: string, clients: readonly AwsClient[], users: readonly KeycloakUser[]): Promise<SamlStage> {
  const keycloak = { url: inject("keycloakUrl") };
  const provider = await record(keycloak.url);
  const sts = await record(inject("motoUrl"));
  const alice = { username: "alice", password: passwordOf("alice"), more: withRoles(clients, () => true) };
  await createRealm(keycloak, realm, [alice, ...users], awsRealm(clients));
  const urlOf = (client: string) => `${provider.url}/realms/${realm}/protocol/saml/clients/${client}`;
  const opened: (() => void)[] = [];
  return {
    keycloak,
    provider,
    sts,
    urlOf,
    page: (client = "aws") => `GET /realms/${realm}/protocol/saml/clients/${client}`,
    form: `POST /realms/${realm}/login-actions/authenticate`,
    freshHome: (extra = "") => {
      const home = makeHome(config(urlOf("aws"), extra));
      opened.push(home.remove);
      provider.take();
      sts.take();
      return { HOME: home.path, AWS_ENDPOINT_URL_STS: sts.url };
    },
    cost: () => [provider.take(), sts.take()],
    open: (artefact, words, env) => {
      const line = [...artefact.command, ...words].map((word) => `'${word}'`).join(" ");
      const pane = openPane(line, { ...env, PATH: process.env["PATH"] ?? "" });
      opened.push(pane.close);
      return pane;
    },
    clear: () => {
      for (const end of opened.splice(0).toReversed()) end();
    },
    close: async () => {
      await Promise.all([provider.close(), sts.close()]);
    },
  };
}

function config(authUrl: string, extra: string): string {
  return `[default]
region = us-east-1
saml_auth_url = ${authUrl}
${extra}
[profile my-role]
saml_username = alice
role_arn = ${roleArn("developer")}

[profile other-role]
saml_username = alice
role_arn = ${roleArn("operator")}

[profile foreign-role]
saml_username = alice
role_arn = ${roleArn("admin")}

[profile any-role]
saml_username = alice

[profile anyone]
role_arn = ${roleArn("developer")}

[profile solo]
saml_username = solo

[profile jump]
saml_username = alice
jump_role_arn = ${roleArn("developer")}
role_arn = arn:aws:iam::210987654321:role/target
`;
}
