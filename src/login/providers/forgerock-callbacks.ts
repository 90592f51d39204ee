/**
 * A page of AM's callbacks → what it wants: something typed or chosen, a wait for another device, or a person with a browser.
 *
 * Callbacks say what to show, not what it means: a one-time code is asked for by a PasswordCallback or by a NameCallback (which OpenAM fills
 * with the user name), so the prompt tells, else the stage, else that user name or password were asked for on an earlier page.
 * Source: Ping AM's guide, "Supported callbacks" (https://docs.pingidentity.com/pingam/8/am-authentication/callbacks-supported.html).
 */

import type { Choice } from "../forms/demand.ts";
import { demandedOfPerson, LOCAL } from "./forgerock-person.ts";
import { type Callback, type CallbackPage, listOf, textOf } from "./forgerock-wire.ts";

/** What `kind` "answer" asks to be typed; each is the name of the input that takes it. */
export interface Texts {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly code: string | undefined;
  readonly questions: readonly Question[];
}

export interface Question {
  readonly input: string;
  readonly prompt: string;
}

export type Demand =
  | {
      readonly kind: "answer";
      readonly texts: Texts;
      /** Named after their inputs; the options' values are indices. */
      readonly choices: readonly Choice[];
      /** What goes without asking, by input. */
      readonly fixed: ReadonlyMap<string, unknown>;
      readonly error: string | undefined;
      /** For the person to read. */
      readonly notes: readonly string[];
    }
  | { readonly kind: "wait"; readonly waitMs: number; readonly message: string; readonly number: string | undefined }
  /** Only a person can; `what` goes on from "asks for …". */
  | { readonly kind: "person"; readonly what: string }
  | { readonly kind: "passkey" };

/** Where user name and password were asked for so far: a key of `keyOf`. */
export interface Seen {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export type TextRole = "username" | "password" | "new-password" | "code" | "question";

const TEXTS = new Set(["NameCallback", "TextInputCallback", "ValidatedCreateUsernameCallback"]);
const SECRETS = new Set(["PasswordCallback", "ValidatedCreatePasswordCallback"]);
const CODE = /one[- ]?time|einmal|\bot[pc]\b|code\b|passcode|\btoken\b|verification|authenticator/i;
const CODE_STAGE = /otp|oath|totp/i;
const NEW_PASSWORD = /\b(new|confirm|change|repeat|re-?enter|retype|old|current)\b.*\bpassword|\bneues\b.*passwor/i;
const PASSWORD = /passwor[dt]|kennwort|mot de passe|contraseña|\bsenha\b/i;
const USERNAME = /user|login|log ?in|e-?mail|\bname\b|account|benutzer/i;
export const REFUSING = /\b(no|back|cancel|deny|decline|reject|abort|exit)\b/i;
const NUMBER = /(?:\[|\bnumber:? )(\d{1,3})\b/i;
/** What asks for more is no prompt, and patterns that look for two words take the square of its length. */
const MAX_PROMPT = 500;
const ERROR_MESSAGES = new Set(["1", "2"]);
const SCRIPT = "4";
const WAIT_LIMITS_MS = { least: 500, most: 30_000, unless: 5_000 };
/** The labels of a ConfirmationCallback without options, by optionType (javax.security.auth.callback.ConfirmationCallback). */
const OPTIONS_OF: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map([
  ["0", [["0", "Yes"], ["1", "No"]]], // prettier-ignore
  ["1", [["0", "Yes"], ["1", "No"], ["2", "Cancel"]]], // prettier-ignore
  ["2", [["3", "OK"], ["2", "Cancel"]]], // prettier-ignore
]);

export function readCallbacks(page: CallbackPage, seen: Seen): Demand {
  const what = demandedOfPerson(page);
  if (what !== undefined) return what === "passkey" ? { kind: "passkey" } : { kind: "person", what };
  const polling = page.callbacks.find(({ type }) => type === "PollingWaitCallback");
  if (polling !== undefined) return readWait(polling, page);
  const asked = page.callbacks.flatMap((callback) => roleOf(callback, page, seen) ?? []);
  const isNewPassword = asked.some(({ role }) => role === "new-password") || asked.filter(({ role }) => role === "password").length > 1;
  if (isNewPassword) return { kind: "person", what: "a new password" };
  return readAnswer(asked, page);
}

/** Where something was asked for: the same again is a repetition, not the next step. */
export function keyOf(input: string, page: CallbackPage): string {
  const callback = page.callbacks.find(({ inputs }) => inputs[0] === input);
  return `${page.stage} ${callback?.type} ${callback && textOf(callback, "prompt")}`;
}

interface Asked extends Question {
  readonly role: TextRole;
}

function roleOf(callback: Callback, page: CallbackPage, seen: Seen): Asked | undefined {
  const [input] = callback.inputs;
  const isSecret = SECRETS.has(callback.type);
  if (input === undefined || (!isSecret && !TEXTS.has(callback.type))) return undefined;
  const prompt = textOf(callback, "prompt").slice(0, MAX_PROMPT);
  const key = keyOf(input, page);
  const as = (role: TextRole): Asked => ({ role, input, prompt });
  if (isSecret && NEW_PASSWORD.test(prompt)) return as("new-password");
  if (CODE.test(prompt)) return as("code");
  if (isSecret && CODE_STAGE.test(page.stage) && seen.password !== undefined) return as("code");
  if (isSecret && PASSWORD.test(prompt)) return as("password");
  if (!isSecret && USERNAME.test(prompt)) return as("username");
  if (CODE_STAGE.test(page.stage)) return as("code");
  const before = isSecret ? seen.password : seen.username;
  if (before === undefined || before === key) return as(isSecret ? "password" : "username");
  return as(prompt.trimEnd().endsWith("?") ? "question" : "code");
}

function readAnswer(asked: readonly Asked[], page: CallbackPage): Demand {
  const find = (role: TextRole) => asked.find((each) => each.role === role)?.input;
  const texts: Texts = {
    username: find("username"),
    password: find("password"),
    code: find("code"),
    questions: asked.filter(({ role }) => role === "question"),
  };
  const outputs = page.callbacks.filter(({ type }) => type === "TextOutputCallback");
  const messages = outputs.filter((output) => ERROR_MESSAGES.has(textOf(output, "messageType"))).map(messageOf);
  const failedPolicies = page.callbacks.flatMap((callback) => listOf(callback, "failedPolicies"));
  return {
    kind: "answer",
    texts,
    choices: choicesOf(page, asked.length > 0),
    fixed: fixedOf(page),
    error: messages[0] ?? (failedPolicies.length > 0 ? "it breaks a policy" : undefined),
    notes: outputs.filter((output) => textOf(output, "messageType") === "0").map(messageOf),
  };
}

/**
 * What is to be chosen. Beside a text a ConfirmationCallback is the buttons, and its value as it came means that none but the usual one was
 * pressed: 0 for "Submit", 100 where index 0 is "Use recovery code".
 */
function choicesOf(page: CallbackPage, hasTexts: boolean): Choice[] {
  return page.callbacks.flatMap((callback): Choice[] => {
    const [name] = callback.inputs;
    if (name === undefined) return [];
    if (callback.type === "ChoiceCallback") return [choiceOf(name, callback, page, "choices")];
    return callback.type === "ConfirmationCallback" && !hasTexts ? [confirmationOf(name, callback, page)] : [];
  });
}

function choiceOf(name: string, callback: Callback, page: CallbackPage, list: "choices" | "options"): Choice {
  const options = listOf(callback, list).map((label, index) => ({ value: String(index), label }));
  const preset = options.find(({ value }) => value === textOf(callback, "defaultChoice"))?.value;
  return { name, label: textOf(callback, "prompt") || page.header, isRadio: false, options, preset };
}

/** The one that does not refuse is pressed; of several a person has to choose, so nothing is preset. */
function confirmationOf(name: string, callback: Callback, page: CallbackPage): Choice {
  const choice = choiceOf(name, callback, page, "options");
  const standard = (OPTIONS_OF.get(textOf(callback, "optionType")) ?? []).map(([value, label]) => ({ value, label }));
  const options = choice.options.length > 0 ? choice.options : standard;
  const going = options.filter(({ label }) => !REFUSING.test(label));
  return going.length === 1 ? { ...choice, options: going, preset: going[0]?.value } : { ...choice, options };
}

/** Of a device profile no more than that it is a program: AM keeps it as the user's device. Of several ways to log in, AM's own. */
function fixedOf(page: CallbackPage): ReadonlyMap<string, unknown> {
  return new Map(
    page.callbacks.flatMap(({ type, inputs: [input], output }): [string, unknown][] => {
      if (input === undefined) return [];
      if (type === "SelectIdPCallback") return [[input, LOCAL]];
      const metadata = output.get("metadata") === true ? { metadata: { platform: { platform: "aws-runas" } } } : {};
      return type === "DeviceProfileCallback" ? [[input, JSON.stringify({ identifier: "aws-runas", ...metadata })]] : [];
    }),
  );
}

/** The number to match comes in a hidden value, or in the message alone. */
function readWait(polling: Callback, page: CallbackPage): Demand {
  const ms = Number(textOf(polling, "waitTime"));
  const hidden = page.callbacks.find((callback) => textOf(callback, "id") === "pushChallengeNumber");
  const notes = page.callbacks
    .filter((each) => each.type === "TextOutputCallback" && textOf(each, "messageType") !== SCRIPT)
    .map(messageOf);
  const message = [messageOf(polling), ...notes].filter((text) => text !== "").join(": ");
  const [, inMessage] = NUMBER.exec(notes.join(" ")) ?? [];
  return {
    kind: "wait",
    waitMs: ms > 0 ? Math.min(Math.max(ms, WAIT_LIMITS_MS.least), WAIT_LIMITS_MS.most) : WAIT_LIMITS_MS.unless,
    message,
    number: hidden === undefined ? inMessage : textOf(hidden, "value"),
  };
}

function messageOf(callback: Callback): string {
  return textOf(callback, "message")
    .replaceAll(/<[^<>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
