/**
 * Identity Engine's answers, narrowed to what a login reads: an ion document that lists what may be done next ("remediations"), each with
 * its address and the fields to send.
 *
 * Shapes: okta-auth-js (lib/idx/types/idx-js.ts), okta-signin-widget (playground/mocks/data/idp/idx). Surprises: a refused code comes with
 * status 400 or 401 and the same remediation again; a message may stand at a field; two fields of one name stand for a choice.
 */

import { type Json, numberAt, objectAt, objectsAt, textAt } from "../json.ts";

export interface IdxState {
  readonly remediations: readonly Remediation[];
  /** Of class ERROR. */
  readonly errors: readonly IdxMessage[];
  /** Of any other class. */
  readonly notes: readonly string[];
  readonly needsCaptcha: boolean;
  readonly successHref: string | undefined;
  /** The authenticator that is being verified. */
  readonly current: Authenticator | undefined;
  /** Ends waiting for Okta Verify on this device. */
  readonly cancelPolling: Remediation | undefined;
}

export interface IdxMessage {
  /** "idx.session.expired"; empty for none. */
  readonly key: string;
  readonly text: string;
}

export interface Remediation {
  readonly name: string;
  readonly href: string | undefined;
  readonly fields: readonly IdxField[];
  /** How often to ask again. */
  readonly refreshMs: number | undefined;
  /** The name of the provider that it leads to. */
  readonly idpName: string | undefined;
}

export interface IdxField {
  readonly name: string;
  readonly label: string | undefined;
  /** Sent as it is unless told otherwise. */
  readonly value: unknown;
  /** Undefined where there are none; a field with fields is an object. */
  readonly fields: readonly IdxField[] | undefined;
  readonly options: readonly IdxOption[];
}

export interface IdxOption {
  readonly label: string;
  /** Of a choice among texts. */
  readonly value: string | undefined;
  /** Of a choice among objects. */
  readonly fields: readonly IdxField[];
  /** The authenticator that it stands for. */
  readonly authenticator: Authenticator | undefined;
}

export interface Authenticator {
  /** "okta_verify". */
  readonly key: string;
  readonly id: string | undefined;
  readonly name: string;
  readonly methods: readonly string[];
  /** A telephone number or address, partly hidden; a device's name. */
  readonly target: string | undefined;
  readonly question: string | undefined;
  /** To be picked in Okta Verify. */
  readonly number: string | undefined;
}

const MAX_DEPTH = 5;

/** Undefined for what is no answer of Identity Engine. */
export function readIdxState(json: Json): IdxState | undefined {
  if (textAt(json, "version") === undefined) return undefined;
  const remediations = objectsAt(json, "remediation", "value").flatMap((item) => readRemediation(item, json));
  const redirect = remediations.find(({ name }) => name === "success-redirect");
  const current = ["currentAuthenticator", "currentAuthenticatorEnrollment"].map((name) => objectAt(json, name, "value"));
  const cancel = [objectAt(json, "authenticatorChallenge", "value"), ...current].flatMap((part) => readRemediation(part["cancel"], json));
  return {
    remediations,
    errors: [...messagesIn(json), ...objectsAt(json, "remediation", "value").flatMap(fieldMessages)],
    notes: objectsAt(json, "messages", "value").flatMap((message) => textAt(message, "message") ?? []),
    needsCaptcha: textAt(json, "captcha", "value", "type") !== undefined,
    successHref: textAt(json, "success", "href") ?? redirect?.href,
    current: current.flatMap((part) => readAuthenticator(part) ?? [])[0],
    cancelPolling: cancel[0],
  };
}

function readRemediation(item: unknown, json: Json): Remediation[] {
  const name = textAt(item, "name");
  if (name === undefined) return [];
  const fields = readFields(item, "value", json);
  return [{ name, href: textAt(item, "href"), fields, refreshMs: numberAt(item, "refresh"), idpName: textAt(item, "idp", "name") }];
}

function readFields(item: unknown, member: string, json: Json, depth = 0): IdxField[] {
  if (depth === MAX_DEPTH) return [];
  return objectsAt(item, member).flatMap((field) => {
    const name = textAt(field, "name");
    if (name === undefined) return [];
    const form = formOf(field);
    const fields = form === undefined ? undefined : readFields(form, "value", json, depth + 1);
    const options = objectsAt(field, "options").map((option) => readOption(option, json, depth + 1));
    const value = form === undefined ? field["value"] : undefined;
    return [{ name, label: textAt(field, "label"), value, fields, options }];
  });
}

/** Some answers have a form in the value, others beside it. */
function formOf(field: Json): Json | undefined {
  return [objectAt(field, "form"), objectAt(field, "value", "form")].find((each) => Array.isArray(each["value"]));
}

function readOption(option: Json, json: Json, depth: number): IdxOption {
  const form = formOf(option);
  return {
    label: textAt(option, "label") ?? "",
    value: textAt(option, "value"),
    fields: form === undefined ? [] : readFields(form, "value", json, depth),
    authenticator: readAuthenticator(resolve(textAt(option, "relatesTo"), json)),
  };
}

/** "$.authenticatorEnrollments.value[4]" → what stands there. */
function resolve(path: string | undefined, json: Json): Json {
  const [, list, index] = /^\$\.(\w+)\.value\[(\d{1,4})\]$/.exec(path ?? "") ?? [];
  if (list === undefined) return {};
  return objectsAt(json, list, "value")[Number(index)] ?? {};
}

function readAuthenticator(part: Json): Authenticator | undefined {
  const key = textAt(part, "key") ?? textAt(part, "type");
  if (key === undefined) return undefined;
  const [profile, context] = [objectAt(part, "profile"), objectAt(part, "contextualData")];
  return {
    key,
    id: textAt(part, "id"),
    name: textAt(part, "displayName") ?? "",
    methods: objectsAt(part, "methods").flatMap((method) => textAt(method, "type") ?? textAt(method, "methodType") ?? []),
    target: textAt(profile, "phoneNumber") ?? textAt(profile, "email") ?? textAt(profile, "deviceName"),
    question: textAt(context, "enrolledQuestion", "question") ?? textAt(profile, "question"),
    number: textAt(context, "correctAnswer"),
  };
}

function messagesIn(part: unknown): IdxMessage[] {
  return objectsAt(part, "messages", "value")
    .filter((message) => textAt(message, "class") === "ERROR")
    .map((message) => ({
      key: textAt(message, "i18n", "key") ?? "",
      text: textAt(message, "message") ?? textAt(message, "i18n", "key") ?? "",
    }));
}

/** Of the fields of a remediation, two levels deep: "credentials" holds what was typed. */
function fieldMessages(remediation: Json): IdxMessage[] {
  const fields = objectsAt(remediation, "value");
  const inner = fields.flatMap((field) => objectsAt(formOf(field) ?? {}, "value"));
  return [...fields, ...inner].flatMap(messagesIn);
}
