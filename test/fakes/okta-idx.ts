/**
 * What Okta's Identity Engine answers at /idp/idx, written from the answers that Okta publishes for its own sign-in page
 * (https://github.com/okta/okta-signin-widget, playground/mocks/data/idp/idx: "mocks" below) and the types of its SDK
 * (https://github.com/okta/okta-auth-js, lib/idx/types/idx-js.ts).
 */

import { type Answer, json } from "../login/fake-provider.ts";
import { ACME, type Json } from "./okta-org.ts";

/** Escaped in the page: "-" is \x2D there. */
export const PAGE_TOKEN = "02.id.page-token_x";
export const HANDLE = "02.id.state-handle_x";

export const PATHS = {
  introspect: "/idp/idx/introspect",
  identify: "/idp/idx/identify",
  select: "/idp/idx/challenge",
  answer: "/idp/idx/challenge/answer",
  poll: "/idp/idx/challenge/poll",
  skip: "/idp/idx/skip",
} as const;

const version = "1.0.0";
const ion = { "content-type": "application/ion+json; okta-version=1.0.0" };
const handleField = { name: "stateHandle", required: true, value: HANDLE, visible: false, mutable: false };

interface Parts {
  readonly status?: number;
  readonly messages?: readonly Json[];
  readonly more?: Json;
}

/** An answer with these remediations; each carries the state handle as a field. */
export function answer(remediations: readonly Json[], { status = 200, messages, more = {} }: Parts = {}): Answer {
  const body = {
    version,
    stateHandle: HANDLE,
    expiresAt: "2030-11-02T22:10:41.000Z",
    intent: "LOGIN",
    ...(remediations.length > 0 && { remediation: { type: "array", value: remediations } }),
    ...(messages && { messages: { type: "array", value: messages } }),
    cancel: remediation("cancel", "/idp/idx/cancel"),
    ...more,
  };
  return { ...json(body, status), headers: ion };
}

export function remediation(name: string, path: string, fields: readonly Json[] = [], extra: Json = {}): Json {
  const href = path.startsWith("/") ? `${ACME}${path}` : path;
  return {
    rel: ["create-form"],
    name,
    href,
    method: "POST",
    accepts: "application/json; okta-version=1.0.0",
    value: [...fields, handleField],
    ...extra,
  };
}

/** mocks: messages carry a text in the person's language, and a key. */
export function message(text: string, key: string, kind = "ERROR"): Json {
  return { message: text, i18n: { key }, class: kind };
}

/** mocks: success.json, with the address that responseConfig.js says it is in reality. */
export function success(path = `/login/token/redirect?stateToken=${HANDLE}`): Answer {
  return answer([], { more: { success: { name: "success-redirect", href: `${ACME}${path}` } } });
}

const username = { name: "identifier", label: "Username", required: true };
const rememberMe = { name: "rememberMe", type: "boolean", label: "Keep me signed in" };
const password = { name: "passcode", label: "Password", secret: true };
const credentials = (...fields: Json[]): Json => ({ name: "credentials", type: "object", form: { value: fields }, required: true });

/** mocks: identify.json. */
export function identify(parts: Parts = {}): Answer {
  const others = [remediation("select-enroll-profile", "/idp/idx/enroll"), remediation("unlock-account", "/idp/idx/unlock-account")];
  return answer([remediation("identify", PATHS.identify, [username, rememberMe]), ...others], parts);
}

/** mocks: identify-with-password.json. */
export function identifyWithPassword(parts: Parts = {}): Answer {
  return answer([remediation("identify", PATHS.identify, [username, credentials(password), rememberMe])], parts);
}

export interface Enrolled {
  readonly label: string;
  readonly authenticator: Json;
  /** Fields of the option that selects it. */
  readonly fields: readonly Json[];
}

const fixed = (name: string, value: string): Json => ({ name, required: true, value, mutable: false });
const methods = (...types: string[]): Json[] => types.map((type) => ({ type }));
const choice = (...options: [string, string][]): Json => ({
  name: "methodType",
  type: "string",
  required: false,
  options: options.map(([label, value]) => ({ label, value })),
});

/** mocks: authenticator-verification-select-authenticator.json, one after the other. */
export const enrolled = {
  password: {
    label: "Password",
    authenticator: { type: "password", key: "okta_password", id: "lae1", displayName: "Password", methods: methods("password") },
    fields: [fixed("id", "aut-password"), fixed("methodType", "password")],
  },
  verify: {
    label: "Okta Verify",
    authenticator: {
      type: "app",
      key: "okta_verify",
      id: "pfd1",
      displayName: "Okta Verify",
      profile: { deviceName: "Alice's phone" },
      methods: methods("signed_nonce", "push", "totp"),
    },
    fields: [
      fixed("id", "aut-verify"),
      choice(["Use Okta FastPass", "signed_nonce"], ["Get a push notification", "push"], ["Enter a code", "totp"]),
    ],
  },
  google: {
    label: "Google Authenticator",
    authenticator: { type: "app", key: "google_otp", id: "uft1", displayName: "Google Authenticator", methods: methods("otp") },
    fields: [fixed("id", "aut-google")],
  },
  phone: {
    label: "Phone",
    authenticator: {
      type: "phone",
      key: "phone_number",
      id: "pae1",
      displayName: "Phone",
      profile: { phoneNumber: "+1 XXX-XXX-5309" },
      methods: methods("sms", "voice"),
    },
    fields: [fixed("id", "aut-phone"), choice(["SMS", "sms"], ["Voice call", "voice"]), fixed("enrollmentId", "pae1")],
  },
  secondPhone: {
    label: "Phone",
    authenticator: {
      type: "phone",
      key: "phone_number",
      id: "pae2",
      displayName: "Phone",
      profile: { phoneNumber: "+1 XXX-XXX-5310" },
      methods: methods("sms"),
    },
    fields: [fixed("id", "aut-phone"), fixed("methodType", "sms"), fixed("enrollmentId", "pae2")],
  },
  email: {
    label: "Email",
    authenticator: {
      type: "email",
      key: "okta_email",
      id: "eae1",
      displayName: "Email",
      profile: { email: "a***e@acme.example" },
      methods: methods("email"),
    },
    fields: [fixed("id", "aut-email"), fixed("methodType", "email")],
  },
  question: {
    label: "Security Question",
    authenticator: {
      type: "security_question",
      key: "security_question",
      id: "qae1",
      displayName: "Security Question",
      profile: { questionKey: "favorite_vacation_location", question: "Where did you go for your favorite vacation?" },
      methods: methods("security_question"),
    },
    fields: [fixed("id", "aut-question")],
  },
  yubikey: {
    label: "YubiKey Authenticator",
    authenticator: {
      type: "security_key",
      key: "yubikey_token",
      id: "ykf1",
      displayName: "YubiKey Authenticator",
      methods: methods("otp"),
    },
    fields: [fixed("id", "aut-yubikey"), fixed("methodType", "otp")],
  },
  webauthn: {
    label: "Security Key or Biometric",
    authenticator: {
      type: "security_key",
      key: "webauthn",
      id: "fwf1",
      displayName: "Security Key or Biometric",
      methods: methods("webauthn"),
    },
    fields: [fixed("id", "aut-webauthn"), fixed("methodType", "webauthn")],
  },
  duo: {
    label: "Duo Security",
    authenticator: { type: "app", key: "duo", id: "dsf1", displayName: "Duo Security", methods: methods("idp") },
    fields: [fixed("id", "aut-duo"), fixed("methodType", "idp")],
  },
  idp: {
    label: "Duo Universal Prompt",
    authenticator: { type: "federated", key: "external_idp", id: "idp1", displayName: "Duo Universal Prompt", methods: methods("idp") },
    fields: [fixed("id", "aut-idp")],
  },
} as const satisfies Record<string, Enrolled>;

/** The remediation that selects one of them, and what its "relatesTo" points to. */
function selection(offered: readonly Enrolled[]): { remediation: Json; more: Json } {
  const options = offered.map(({ label, fields }, index) => ({
    label,
    value: { form: { value: fields } },
    relatesTo: `$.authenticatorEnrollments.value[${index}]`,
  }));
  const field = { name: "authenticator", type: "object", options };
  return {
    remediation: remediation("select-authenticator-authenticate", PATHS.select, [field]),
    more: { authenticatorEnrollments: { type: "array", value: offered.map(({ authenticator }) => authenticator) } },
  };
}

/** mocks: authenticator-verification-select-authenticator.json. */
export function select(offered: readonly Enrolled[], parts: Parts = {}): Answer {
  const { remediation: item, more } = selection(offered);
  return answer([item], { ...parts, more });
}

/**
 * A challenge, with the others that may be selected instead: authenticator-verification-password.json, -google-authenticator.json,
 * -phone-sms.json, -email.json, -security-question.json, -webauthn.json, -duo.json, error-okta-verify-totp.json of mocks.
 */
export function challenge(
  of: Enrolled,
  fields: readonly Json[],
  parts: Parts & { method?: string; others?: readonly Enrolled[] } = {},
): Answer {
  const item = remediation("challenge-authenticator", PATHS.answer, [credentials(...fields)]);
  return withOthers(item, of, parts);
}

/** mocks: authenticator-verification-okta-verify-push.json, -number-challenge.json, -okta-verify-reject-push.json. */
export function push(correctAnswer?: string, parts: Parts & { others?: readonly Enrolled[] } = {}): Answer {
  const item = remediation("challenge-poll", PATHS.poll, [], { refresh: 4000 });
  const context = correctAnswer === undefined ? {} : { contextualData: { correctAnswer } };
  const { authenticator } = enrolled.verify;
  return withOthers(item, { ...enrolled.verify, authenticator: { ...authenticator, ...context } }, { ...parts, method: "push" });
}

/** mocks: authenticator-verification-data-phone-sms-then-voice.json, -data-okta-verify-push-autoChallenge-off.json. */
export function verificationData(of: Enrolled, parts: Parts & { others?: readonly Enrolled[] } = {}): Answer {
  const field = { name: "authenticator", label: of.label, form: { value: of.fields } };
  return withOthers(remediation("authenticator-verification-data", PATHS.select, [field]), of, parts);
}

function withOthers(item: Json, of: Enrolled, parts: Parts & { method?: string; others?: readonly Enrolled[] }): Answer {
  const { method, others = [], more = {} } = parts;
  const current = method === undefined ? of.authenticator : { ...of.authenticator, methods: methods(method) };
  const selected = others.length === 0 ? undefined : selection(others);
  const remediations = selected === undefined ? [item] : [item, selected.remediation];
  return answer(remediations, { ...parts, more: { currentAuthenticator: { type: "object", value: current }, ...selected?.more, ...more } });
}

export const fields = {
  password,
  passcode: { name: "passcode", label: "Enter code", required: true },
  totp: { name: "totp", label: "Enter code", required: true },
  answer: { name: "answer", label: "answer", required: true },
  questionKey: {
    name: "questionKey",
    label: "Where?",
    required: true,
    value: "favorite_vacation_location",
    visible: false,
    mutable: false,
  },
  assertion: { name: "signatureData", label: "Signature Data", required: true, visible: false },
} as const;

/** mocks: error-authenticator-verify-password.json. */
export const wrongPassword = challenge(enrolled.password, [password], {
  status: 401,
  messages: [message("Password is incorrect", "incorrectPassword")],
});

/** mocks: error-okta-verify-totp.json: the message stands at the field. */
export const wrongTotp = challenge(
  enrolled.verify,
  [{ ...fields.totp, messages: { type: "array", value: [message("Invalid code. Try again.", "api.authn.error.PASSCODE_INVALID")] } }],
  { status: 401, method: "totp" },
);

/** mocks: identify-with-device-probing-loopback.json. */
export function deviceProbe(canCancel = true): Answer {
  const cancel = canCancel ? { cancel: remediation("cancel-polling", "/idp/idx/authenticators/poll/cancel") } : {};
  const value = {
    challengeMethod: "LOOPBACK",
    challengeRequest: "eyJraWQ",
    domain: "http://localhost",
    ports: ["2000", "6511"],
    ...cancel,
  };
  const item = remediation("device-challenge-poll", "/idp/idx/authenticators/poll", [], { refresh: 2000 });
  return answer([item], { more: { authenticatorChallenge: { type: "object", value } } });
}

/** mocks: consent-enduser.json; post-auth-keep-me-signed-in.json. */
export const consent = answer([remediation("consent", "/idp/idx/consent", [{ name: "consent", type: "boolean", required: true }])]);
export const keepMeSignedIn = answer([
  remediation("keep-me-signed-in", "/idp/idx/keep-me-signed-in", [
    { name: "keepMeSignedIn", type: "boolean", required: true, value: false },
  ]),
]);

/** mocks: identify-with-only-third-party-idps.json. */
export function providers(...names: string[]): Answer {
  return answer(
    names.map((name) => ({
      name: "redirect-idp",
      type: "OIDC",
      idp: { id: name, name },
      href: `${ACME}/sso/idps/${name}?stateToken=${HANDLE}`,
      method: "GET",
    })),
  );
}
