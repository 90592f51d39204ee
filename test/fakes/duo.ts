/**
 * Duo's Universal Prompt in both kinds. Duo publishes nothing of it; written from what programs that drive it recorded: gimme-aws-creds
 * (tests/test_duo_universal_client.py, tests/fixtures/duo_universal_*.html; "gimme" below) and aws-adfs pull request 447
 * (aws_adfs/_duo_universal_prompt_authenticator.py, July 2026; "adfs" below).
 */

import { type Answer, html, json, redirect } from "../login/fake-provider.ts";
import type { FakeOrg, Json } from "./okta-org.ts";

export const DUO = "https://api-acme.duosecurity.com";
const SID = "frameless-sid-1";
const CALLBACK = "https://acme.okta.com/oauth2/v1/authorize/callback?state=exit&code=duo-code";

/** Okta sends the browser to Duo's authorization endpoint; after it, Okta's callback answers `back`. */
export function planRedirect(org: FakeOrg, path: string, prompt: Answer, back: Answer): void {
  org.provider.pages.set(`GET ${path}`, redirect(`${DUO}/oauth/v1/authorize?client_id=okta&request=r`));
  org.provider.pages.set(`GET ${DUO}/oauth/v1/authorize`, redirect(`/frame/frameless/v4/auth?sid=${SID}&tx=t`, 303));
  org.provider.pages.set(`GET ${DUO}/frame/frameless/v4/auth`, prompt);
  org.provider.pages.set("GET /oauth2/v1/authorize/callback", back);
}

/** gimme, duo_universal_plugin_form.html: sent on by a script. */
export const pluginForm = html(
  '<form method="post" id="plugin_form"><input type="hidden" name="tx" value="t"><input type="hidden" name="parent" value="None">' +
    '<input type="hidden" name="_xsrf" value="xsrf-1"><input type="hidden" name="color_depth" value=""></form>',
);

/** gimme, duo_universal_login_form.html. */
function loginForm(...factors: string[]): Answer {
  const inputs = factors.map((factor) => `<input type="hidden" name="factor" value="${factor.replaceAll(" ", "&#x20;")}">`).join("");
  const hidden = { sid: SID, url: "/frame/prompt", itype: "okta", _xsrf: "xsrf-1", preferred_device: "phone1" };
  const own = Object.entries(hidden).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  return html(
    `<form action="/frame/prompt" method="post" id="login-form">${own.join("")}` +
      `<select name="device"><option value="phone1">Phone 1</option></select>${inputs}<input type="text" name="passcode"></form>`,
  );
}

/** The forms' way: plugin form, login form, what the prompt and each poll answer. */
export function planFrame(org: FakeOrg, factors: readonly string[], polls: readonly Json[]): void {
  const { pages } = org.provider;
  const left = [...polls];
  pages.set(`POST ${DUO}/frame/frameless/v4/auth`, redirect(`/frame/prompt?sid=${SID}`));
  pages.set(`GET ${DUO}/frame/prompt`, loginForm(...factors));
  pages.set(`POST ${DUO}/frame/prompt`, json({ stat: "OK", response: { txid: "txid-1" } }));
  pages.set(`POST ${DUO}/frame/v4/status`, () => json({ stat: "OK", response: left.shift() ?? { status_code: "pushed" } }));
  pages.set(`POST ${DUO}/frame/v4/oidc/exit`, redirect(CALLBACK, 303));
}

export const pushed = { status_enum: 13, status_code: "pushed" };
/** adfs: a Verified Push has a code to type on the telephone. */
export const verifiedPush = { ...pushed, risk_based_factor_selection_data: { step_up_code: "4711" } };
export const allowed = { status_enum: 5, status_code: "allow", result: "SUCCESS", reason: "User approved", post_auth_action: "oidc_exit" };
export const denied = { status_code: "deny", result: "FAILURE", reason: "User denied" };

/** adfs, _pwl_context: what the app's root element carries. */
export const appPage = html('<div id="root" data-akey="AKEY" data-authkey="authkey-1"></div>');

const factor = (factor_type: string, info: Json = {}): Json => ({ factor_type, ...info });

/** adfs, _pwl_factors. */
const appFactors = [
  factor("push", { device_info: { pkey: "pkey-1", name: "Alice's phone" } }),
  factor("phone_call", { phone_info: { pkey: "pkey-2", end_of_number: "42" } }),
  factor("mobile_otp"),
];

/** The app's way, by paths below /prompt/AKEY. */
export function planApp(org: FakeOrg, answers: Readonly<Record<string, Json | (() => Json)>>): void {
  const ok = { stat: "OK", response: {} };
  const payload = { stat: "OK", response: { auth_factors_context: { available_unified_auth_factors: { factors: appFactors } } } };
  const all: Readonly<Record<string, Json | (() => Json)>> = {
    "GET /pre_authn/initialization": ok,
    "GET /pre_authn/evaluation": ok,
    "GET /auth/payload": payload,
    "GET /auth/finalize_auth": { stat: "OK", response: { url: CALLBACK } },
    ...answers,
  };
  for (const [key, value] of Object.entries(all)) {
    const [method, path] = key.split(" ");
    org.provider.pages.set(`${method} ${DUO}/prompt/AKEY${path}`, () => json(isMaker(value) ? value() : value));
  }
}

function isMaker(value: Json | (() => Json)): value is () => Json {
  return typeof value === "function";
}
