/**
 * Keycloak's pages that a plain reading would get wrong: choices that its theme makes with scripts, pages without forms, and what belongs to
 * a login at another provider behind it.
 *
 * Pages are told by the ids and classes that its themes give them (seen in the "keycloak.v2" and "base" themes of 26.4), which are the
 * same in every language.
 */

import type { ProviderLogin } from "../../config/profile.ts";
import type { Field, Form } from "../../http/form.ts";
import type { Page } from "../../http/page.ts";
import { type Answer, type Choice, type Demand, mainButton, readDemand, type Way } from "../forms/demand.ts";
import type { WayKind } from "../forms/ways.ts";
import type { Home } from "../forms/home.ts";
import { brokerDemand, hasTimedOut, linkingDemand } from "./keycloak-broker.ts";

/** The icon's class in a list of authenticators → what it stands for. */
const KINDS: ReadonlyMap<string, WayKind> = new Map([
  ["Password", "password"],
  ["OTP", "totp"],
  ["RecoveryAuthnCodes", "recovery"],
  ["WebAuthn", "webauthn"],
  ["WebAuthnPasswordless", "webauthn"],
]);
const ICON = /\bkcAuthenticator(\w+)Class\b/;
const DEVICE = /^kc-otp-credential-\d+$/;
/** "toggleOTP(1, 'id')" */
const TOGGLE = /toggleOTP\(\s*\d+\s*,\s*'([^']+)'/;
const ORGANIZATION = /^organization-(.+)$/;

export interface Where {
  readonly home: Home;
  readonly login: ProviderLogin;
}

/** Undefined for a page that is what it looks like. */
export function readKeycloakPage(page: Page, where: Where): Demand | undefined {
  return (
    notice(page, where) ?? expired(page) ?? linkingDemand(page) ?? organizations(page, where) ?? brokerDemand(page, where) ?? refine(page)
  );
}

function notice(page: Page, { login }: Where): Demand | undefined {
  if (page.marks.has("kc-info-message") && !page.marks.has("kc-logout-confirm")) return { kind: "refusal", text: `says: ${page.title}` };
  if (page.marks.has("kc-logout-confirm")) return { kind: "person", what: "a logout to be confirmed" };
  if (page.marks.has("kc-error-credential-form")) return { kind: "person", what: "a passkey or security key", isEachTime: true };
  // Its title may hold the code.
  if (page.marks.has("kc-code")) {
    const refusal = { kind: "refusal", text: "shows a code to be copied" } as const;
    return login.kind === "saml" ? refusal : { ...refusal, hint: "set web_identity_redirect_uri = app:/callback" };
  }
  return undefined;
}

/** "Page has expired": the way back to the login's beginning. */
function expired(page: Page): Demand | undefined {
  const restart = page.links.find(({ id }) => id === "loginRestartLink");
  return restart === undefined || page.forms.length > 0 ? undefined : { kind: "follow", url: restart.url, startsOver: true };
}

/** Chosen by scripts that fill in a hidden field. */
function organizations(page: Page, { login }: Where): Demand | undefined {
  const form = page.forms.find(({ fields }) => fields.some(({ name }) => name === "kc.org"));
  const options = page.scripted.flatMap(({ id, text }) => {
    const alias = ORGANIZATION.exec(id)?.[1];
    return alias === undefined ? [] : [{ value: alias, label: text || alias }];
  });
  if (form === undefined || options.length === 0) return undefined;
  const aliases = options.map(({ value }) => value).join(", ");
  // SAML's requests have no scopes.
  const hint =
    login.kind === "saml"
      ? "set saml_provider = browser to choose it in a browser"
      : `add organization:ALIAS to web_identity_scopes, with one of ${aliases}`;
  const choice: Choice = { name: "kc.org", label: "Organization", options, preset: undefined, hint };
  return {
    kind: "answer",
    form: opened(form, "kc.org"),
    username: undefined,
    password: undefined,
    code: undefined,
    choices: [choice],
    otherWay: undefined,
  };
}

function refine(page: Page): Demand | undefined {
  const demand = readDemand(page);
  if (demand.kind === "choose") return { kind: "choose", ways: demand.ways.map(withKind) };
  if (demand.kind !== "answer") return undefined;
  if (demand.form.id === "kc-recovery-code-login-form") return { ...demand, factor: { kind: "recovery", label: demand.code?.label ?? "" } };
  if (demand.form.id === "kc-otp-login-form") return withDevices(demand, page);
  return hasTimedOut(page) ? { ...demand, startsOver: true } : undefined;
}

function withKind(way: Way): Way {
  const kind = KINDS.get(ICON.exec(way.form.contextMarks)?.[1] ?? "");
  return kind === undefined ? way : { ...way, kind };
}

/** Several devices are tiles whose script fills in a hidden field ("base" has radio buttons, which need no help). */
function withDevices(demand: Answer, page: Page): Demand {
  const tiles = page.scripted.filter(({ id }) => DEVICE.test(id));
  const options = tiles.flatMap(({ script, text }, index) => {
    const value = TOGGLE.exec(script)?.[1];
    return value === undefined ? [] : [{ value, label: text || `device ${index + 1}` }];
  });
  const factor = { kind: "totp", label: "authenticator app" } as const;
  const field = demand.form.fields.find(({ name, type }) => name === "selectedCredentialId" && type === "hidden");
  if (options.length < 2 || field === undefined) return { ...demand, factor };
  const choice: Choice = { name: field.name, label: "", isRadio: true, options, preset: field.value };
  return { ...demand, factor, form: opened(demand.form, field.name), choices: [choice] };
}

/** The form with a hidden field that takes a value. */
function opened(form: Form, name: string): Form {
  const fields = form.fields.map((field): Field => (field.name === name ? { ...field, type: "text" } : field));
  return { ...form, fields, buttons: form.buttons.filter((button) => button === mainButton(form)) };
}
