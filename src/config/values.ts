/**
 * Checks of single values, each taking a setting and giving it back, so that a wrong one is named by where it stands before any login.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html for the shapes of role session name and external id
 */

import { ConfigError } from "../errors.ts";
import { describeOrigin } from "./origin.ts";
import type { Attendance, AuthBrowser, OidcFlow, Origin, Setting } from "./profile.ts";

const ROLE_ARN = /^arn:(?:aws|aws-cn|aws-us-gov|aws-iso(?:-[a-z])?|aws-eusc):iam::\d{12}:role\/(?:[!-~]+\/)?[\w+=,.@-]{1,64}$/;
const AUTH_BROWSERS: readonly AuthBrowser[] = ["chrome", "msedge", "chromium"];
const FLOWS: readonly OidcFlow[] = ["form", "browser", "device"];
/** What mfa_type may be: `auto` leaves it open, `none` wants no second factor asked for, `code` is any that gives a one-time code. */
const MFA_TYPES = [
  "auto",
  "none",
  "code",
  "otp",
  "totp",
  "push",
  "sms",
  "email",
  "call",
  "question",
  "duo",
  "recovery",
  "webauthn",
] as const;

export type MfaType = (typeof MFA_TYPES)[number];

/** True for what the profile did not ask for itself. */
export function isInherited({ layer }: Origin): boolean {
  return layer === "default" || layer === "source";
}

/** An IAM role's ARN, in any partition. */
export function isRoleArn(text: string): boolean {
  return ROLE_ARN.test(text);
}

/** @throws ConfigError "config-value", as all of these do. */
export function checkRoleArn(setting: Setting<string>): Setting<string> {
  return check(setting, isRoleArn, "an ARN such as arn:aws:iam::123456789012:role/name");
}

/** http and https alike: that http is for loopback only is the login's rule. */
export function checkUrl(setting: Setting<string>): Setting<string> {
  return check(setting, isWebUrl, "a URL that starts with https:// or http://");
}

/** Any scheme. */
export function checkUri(setting: Setting<string>): Setting<string> {
  return check(setting, (text) => URL.canParse(text), "a URI such as app:/callback or http://127.0.0.1/callback");
}

/** It becomes part of a host's name. */
export function checkRegion(setting: Setting<string>): Setting<string> {
  return check(setting, (text) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text), "a region such as eu-west-1");
}

export function checkSessionName(setting: Setting<string>): Setting<string> {
  return check(setting, (text) => /^[\w+=,.@-]{2,64}$/.test(text), "2 to 64 letters, digits and _+=,.@-");
}

export function checkExternalId(setting: Setting<string>): Setting<string> {
  return check(setting, (text) => /^[\w+=,.@:/-]{2,1224}$/.test(text), "2 to 1224 letters, digits and _+=,.@:/-");
}

/** An ARN, or the serial number of a device that has none. */
export function checkMfaSerial(setting: Setting<string>): Setting<string> {
  return check(setting, (text) => /^[\w+=/:,.@-]{9,256}$/.test(text), "the ARN or serial number of an MFA device");
}

/** Blanks that an authenticator shows between the digits are dropped. What was given is not shown. */
export function checkMfaCode({ value, origin }: Setting<string>): Setting<string> {
  const digits = value.replace(/\s/g, "");
  if (!/^\d{6}$/.test(digits)) throw new ConfigError("config-value", `${describeOrigin(origin)} is not a code of six digits`);
  return { value: digits, origin };
}

export function checkSourceIdentity(setting: Setting<string>): Setting<string> {
  const isRight = (text: string) => /^[\w+=,.@-]{2,64}$/.test(text) && !text.startsWith("aws:");
  return check(setting, isRight, "2 to 64 letters, digits and _+=,.@-");
}

/** Any case. */
export function checkFlow({ value, origin }: Setting<string>): Setting<OidcFlow> {
  const flow = FLOWS.find((known) => known === value.toLowerCase());
  if (flow === undefined) throw valueError({ value, origin }, FLOWS.join(", "));
  return { value: flow, origin };
}

/** Any case. */
export function checkAuthBrowser({ value, origin }: Setting<string>): Setting<AuthBrowser> {
  const browser = AUTH_BROWSERS.find((known) => known === value.toLowerCase());
  if (browser === undefined) throw valueError({ value, origin }, AUTH_BROWSERS.join(", "));
  return { value: browser, origin };
}

/** Any case. */
export function checkAttendance({ value, origin }: Setting<string>): Setting<Attendance> {
  const lower = value.toLowerCase();
  if (lower !== "auto" && lower !== "never") throw valueError({ value, origin }, "auto, never");
  return { value: lower, origin };
}

/** The name of an environment variable. */
export function checkVariableName(setting: Setting<string>): Setting<string> {
  return check(setting, (text) => /^[A-Za-z_]\w*$/.test(text), "the name of a variable, such as GITLAB_OIDC_TOKEN");
}

/** The services that give a job its tokens. Any case. */
export function checkTokenSource(setting: Setting<string>): Setting<string> {
  return check(lowerCase(setting), (text) => text === "github", "github");
}

/** Any case. */
export function checkMfaType(setting: Setting<string>): Setting<string> {
  return check(lowerCase(setting), (text) => MFA_TYPES.some((known) => known === text), MFA_TYPES.join(", "));
}

/** As the SDKs: "true" or "false", here in any case. */
export function checkBoolean({ value, origin }: Setting<string>): boolean {
  return check(lowerCase({ value, origin }), (text) => text === "true" || text === "false", "true or false").value === "true";
}

export function lowerCase({ value, origin }: Setting<string>): Setting<string> {
  return { value: value.toLowerCase(), origin };
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);
}

/**
 * Words separated by blanks; '…' and "…" hold blanks, and anything else, together. Nothing else means anything: no shell is involved, and a
 * backslash is a letter of Windows' paths.
 *
 * @throws ConfigError "config-value" for a quote that is not closed, or no words. What was written is not shown: it may hold a secret.
 */
export function splitWords({ value, origin }: Setting<string>): Setting<readonly string[]> {
  const words = value.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  const isWhole = /^(?:[^'"]|'[^']*'|"[^"]*")*$/.test(value) && words.length > 0;
  if (!isWhole) throw new ConfigError("config-value", `${describeOrigin(origin)} has a quote that is not closed, or no words`);
  return { value: words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, "$1$2")), origin };
}

function check(setting: Setting<string>, isRight: (text: string) => boolean, expected: string): Setting<string> {
  if (isRight(setting.value)) return setting;
  throw valueError(setting, expected);
}

/** True for a value in quotes. AWS's SDKs, and we, take them for a part of the value; the Go tool reads it without them. */
export function isQuoted(text: string): boolean {
  return /^(["']).+\1$/.test(text);
}

/** A URL's query and user part may hold a secret: they are not shown. */
function valueError({ value, origin }: Setting<string>, expected: string): ConfigError {
  const shown = value.replace(/\?[^]*/, "?…").replace(/\/\/[^/]*@/, "//…@");
  return new ConfigError("config-value", `${describeOrigin(origin)} is "${shown}"`, {
    hint: isQuoted(value) ? `leave out the quotes, which count; expected: ${expected}` : `expected: ${expected}`,
  });
}
