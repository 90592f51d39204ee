/** What a page of AM's callbacks wants that only a person with a browser can give; it is named, and nothing is sent. */

import { isObject } from "../json.ts";
import { type Callback, type CallbackPage, textOf } from "./forgerock-wire.ts";

/** The identity provider of a SelectIdPCallback that is AM itself. */
export const LOCAL = "localAuthentication";

const BY_TYPE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    KbaCreateCallback: "security questions to be set up",
    TermsAndConditionsCallback: "its terms to be accepted",
    ConsentMappingCallback: "consent to sharing the user's data",
    StringAttributeInputCallback: "the user's profile to be completed",
    NumberAttributeInputCallback: "the user's profile to be completed",
    BooleanAttributeInputCallback: "the user's profile to be completed",
    SuspendedTextOutputCallback: "the link in an e-mail to be followed",
    IdPCallback: "a login at another identity provider",
    ReCaptchaCallback: "a captcha to be solved",
    ReCaptchaEnterpriseCallback: "a captcha to be solved",
    HttpCallback: "a Kerberos ticket",
    X509CertificateCallback: "a client certificate",
    DeviceBindingCallback: "a device to be bound to the user",
    DeviceSigningVerifierCallback: "a signature of the user's device",
    PingOneProtectInitializeCallback: "a browser that PingOne Protect can look at",
    PingOneProtectEvaluationCallback: "a browser that PingOne Protect can look at",
  }),
);
/** Those that are answered, or need no answer. */
const ANSWERED = new Set([
  "NameCallback",
  "PasswordCallback",
  "TextInputCallback",
  "ValidatedCreateUsernameCallback",
  "ValidatedCreatePasswordCallback",
  "ChoiceCallback",
  "ConfirmationCallback",
  "HiddenValueCallback",
  "DeviceProfileCallback",
  "LanguageCallback",
]);
const REGISTRATION = /\b(otpauth|pushauth|mfauth):\/\//;

/** In words that go on from "asks for …"; "passkey" for WebAuthn; undefined when all of the page can be answered. */
export function demandedOfPerson({ callbacks }: CallbackPage): string | undefined {
  if (callbacks.some(isPasskey)) return "passkey";
  if (callbacks.some(isRegistration)) return "an authenticator app to be set up";
  return callbacks.map(demandedBy).find((what) => what !== undefined);
}

function demandedBy(callback: Callback): string | undefined {
  const { type, inputs } = callback;
  const named = BY_TYPE.get(type);
  const prompt = textOf(callback, "prompt");
  if (named !== undefined) return prompt === "" ? named : `${named} (${prompt})`;
  if (type === "RedirectCallback") return `a login at ${hostOf(textOf(callback, "redirectUrl"))}`;
  if (type === "SelectIdPCallback") return demandedBySelection(callback);
  return inputs.length > 0 && !ANSWERED.has(type) ? `something that only a browser can answer (${type})` : undefined;
}

/** AM's own login is taken where it is one of them. */
function demandedBySelection({ output }: Callback): string | undefined {
  const providers = output.get("providers");
  const names = Array.isArray(providers) ? providers.map((each: unknown) => (isObject(each) ? String(each["provider"]) : "")) : [];
  return names.includes(LOCAL) ? undefined : `a login at one of ${names.join(", ")}`;
}

/** As data, or as the script of older versions. */
function isPasskey(callback: Callback): boolean {
  const data = callback.output.get("data");
  if (callback.type === "MetadataCallback") return isObject(data) && data["_type"] === "WebAuthn";
  return textOf(callback, "id") === "webAuthnOutcome" || /navigator\.credentials/.test(textOf(callback, "message"));
}

/** What an app would scan holds the new device's secret. */
function isRegistration(callback: Callback): boolean {
  return REGISTRATION.test(textOf(callback, "message") + textOf(callback, "value"));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "another identity provider";
}
