/**
 * The form of `/profile/custom` → a profile: resolved as if it stood in the config file, and, to be saved, written there.
 *
 * The password goes where `aws-runas password` puts it. What cannot be saved whole is not saved in part.
 */

import { editIniFile, editSection } from "../../config/edit.ts";
import type { AwsFiles } from "../../config/files.ts";
import { parseIni } from "../../config/ini.ts";
import { profileExists, resolveTarget, type Target } from "../../config/resolve.ts";
import { storePassword } from "../../config/stored-password.ts";
import { ConfigError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { Refusal } from "./bodies.ts";
import type { ManagementState } from "./management-route.ts";
import { filesOf } from "./profile-json.ts";

/** By the fields' names; none is empty. */
export type CustomForm = Readonly<Record<string, string | undefined>>;

/** A form and the profile's name. */
interface Custom {
  readonly name: string;
  readonly form: CustomForm;
}

/** Each kind's fields, and the keys of the config file that they become. */
const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  iam: { "role-arn": "role_arn", "source-profile": "source_profile", "external-id": "external_id" },
  saml: { "role-arn": "role_arn", "auth-url": "saml_auth_url", username: "saml_username", "jump-role": "jump_role_arn" },
  oidc: {
    "role-arn": "role_arn",
    "auth-url": "web_identity_auth_url",
    username: "web_identity_username",
    "jump-role": "jump_role_arn",
    "client-id": "web_identity_client_id",
    "redirect-uri": "web_identity_redirect_uri",
  },
};

export const CUSTOM_FIELDS: readonly string[] = [
  "adv-type",
  ...new Set(Object.values(KEYS).flatMap((keys) => Object.keys(keys))),
  "password",
];

/** @throws Refusal for a form that makes no sense, ConfigError for settings that do not */
export function customTarget({ name, form }: Custom, { tools }: Pick<ManagementState, "tools">): Target {
  const files = withSection(filesOf({ tools }), name, valuesOf(form));
  const { password } = form;
  // Not the server's own flags: they are for what it was started with.
  const flags = password === undefined ? {} : { password: { flag: "password of the form", value: password } };
  const target = resolveTarget({ name, files, env: tools.env, flags });
  if (target.login.kind !== form["adv-type"]) {
    throw new Refusal(
      400,
      "bad-request",
      `these settings make no ${form["adv-type"]} profile: the configuration beside them says otherwise`,
    );
  }
  if (target.profile === undefined) throw new Refusal(400, "bad-request", "the form has no role-arn");
  return target;
}

/** Writes it; an existing one is not overwritten. */
export async function saveCustom({ name, form }: Custom, state: ManagementState): Promise<Target> {
  const { tools } = state;
  const files = filesOf(state);
  if (profileExists(name, files)) throw new ConfigError("config-conflict", `the profile "${name}" is there already`);
  const target = customTarget({ name, form }, state);
  const values = valuesOf(form);
  const section = sectionOf(name);
  await editIniFile(files.config, { section, values, isNew: true }, tools);
  try {
    await keepPassword(form, target, state);
  } catch (error) {
    const nothing = Object.fromEntries(Object.keys(values).map((key) => [key, undefined]));
    await editIniFile(files.config, { section, values: nothing }, tools);
    throw error;
  }
  return target;
}

async function keepPassword({ password }: CustomForm, { login }: Target, { tools }: ManagementState): Promise<void> {
  if (password === undefined || (login.kind !== "oidc" && login.kind !== "saml")) return;
  await storePassword(new Secret(password), "file", { ...tools, kind: login.kind, authUrl: login.authUrl.value });
}

function valuesOf({ "adv-type": type = "", password, ...fields }: CustomForm): Readonly<Record<string, string>> {
  const keys = Object.hasOwn(KEYS, type) ? KEYS[type] : undefined;
  if (keys === undefined) throw new Refusal(400, "bad-request", "adv-type is iam, saml or oidc");
  if (password !== undefined && fields["auth-url"] === undefined) throw new Refusal(400, "bad-request", "a password goes with an auth-url");
  const values: Record<string, string> = {};
  for (const [field, value = ""] of Object.entries(fields)) {
    const key = keys[field];
    if (key === undefined) throw new Refusal(400, "bad-request", `${field} is no setting of ${type}`);
    values[key] = value;
  }
  if (Object.keys(values).length === 0) throw new Refusal(400, "bad-request", "the form has no settings");
  return values;
}

/** The files as if the profile stood in them. */
function withSection(files: AwsFiles, name: string, values: Readonly<Record<string, string>>): AwsFiles {
  const { path, label, text } = files.config;
  const bytes = editSection({ label, bytes: Buffer.from(text) }, { section: sectionOf(name), values });
  return { ...files, config: parseIni(path, label, bytes.toString("utf8")) };
}

function sectionOf(name: string): string {
  return name === "default" ? name : `profile ${name}`;
}
