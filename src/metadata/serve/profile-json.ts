/**
 * A profile as the API gives it. The fields' names are the Go tool's; `name` and `kind` are ours. No password, code or client secret is
 * among them.
 */

import { type AwsFiles, loadFiles } from "../../config/files.ts";
import type { Login } from "../../config/profile.ts";
import { resolveTarget, type Target } from "../../config/resolve.ts";
import { failure, respond } from "../answers.ts";
import type { LocalResponse } from "../listen.ts";
import type { ManagementState } from "./management-route.ts";

/** As the configuration has it now, or as it was tried. */
export function targetOf(name: string, { custom, tools, settings }: ManagementState): Target {
  if (custom?.name === name) return custom;
  return resolveTarget({ name, files: filesOf({ tools }), env: tools.env, flags: settings });
}

export function filesOf({ tools }: Pick<ManagementState, "tools">): AwsFiles {
  return loadFiles(tools.env, tools.homeDir);
}

/** The answer for the active profile, and that there is none. */
export function showActive(state: ManagementState): LocalResponse {
  const { name } = state.active;
  if (name === undefined) return failure(404, "no-profile", "no profile is active: POST /profile chooses one");
  return respond(200, profileJson(targetOf(name, state)));
}

export function profileJson({ name, login, profile, source }: Target): object {
  const person = login.kind === "oidc" || login.kind === "saml" ? login : undefined;
  const oidc = login.kind === "oidc" ? login : undefined;
  return {
    name,
    kind: login.kind,
    role_arn: profile?.roleArn?.value ?? "",
    external_id: profile?.externalId?.value ?? "",
    auth_url: authUrl(login),
    username: person?.username?.value ?? "",
    jump_role: profile?.jumpRoleArn?.value ?? "",
    client_id: oidc?.clientId.value ?? "",
    redirect_uri: oidc?.redirectUri?.value ?? "",
    ...(source === undefined ? {} : { source_profile: source }),
  };
}

/** Without its query, which may hold a token (OneLogin's does). */
function authUrl(login: Login): string {
  return login.kind === "oidc" || login.kind === "saml" ? login.authUrl.value.replace(/\?.*$/, "").replace(/\/\/[^/]*@/, "//") : "";
}
