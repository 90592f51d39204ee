/**
 * A page of a login → what it wants: something typed, something chosen, consent, to be sent on, or a person with a browser.
 *
 * This reads any provider's page; what a provider's pages say in a way of their own is its driver's (`Provider.read`).
 */

import type { Button, Entry, Field, Form } from "../../http/form.ts";
import type { Page } from "../../http/page.ts";
import type { ChosenFactor } from "./factors.ts";
import { type FieldRole, roleOf } from "./fields.ts";
import type { WayKind } from "./ways.ts";

export type Demand =
  /** At least one of its parts is there. */
  | {
      readonly kind: "answer";
      readonly form: Form;
      readonly username: Field | undefined;
      readonly password: Field | undefined;
      readonly code: Field | undefined;
      readonly choices: readonly Choice[];
      /** What the code is of, where the page tells. */
      readonly factor?: ChosenFactor;
      /** Where the page offers another way than this one. */
      readonly otherWay: Form | undefined;
      /** The login begins again for no fault in what was given: it took too long. */
      readonly startsOver?: boolean;
    }
  /** One of several ways to go on. */
  | { readonly kind: "choose"; readonly ways: readonly Way[]; readonly startsOver?: undefined }
  /** Nothing to fill in: consent, a form that a browser's script would send on, or the way around a page that only a person can answer. */
  | { readonly kind: "go-on"; readonly form: Form; readonly button: Button | undefined; readonly startsOver?: undefined }
  /** To go on to another page. */
  | { readonly kind: "follow"; readonly url: URL; readonly startsOver?: boolean }
  /** Only a person can; `what` goes on from "asks for …". Every login needs a browser for it, unless it is done once for all. */
  | { readonly kind: "person"; readonly what: string; readonly isEachTime?: boolean }
  /** The end of the login; `text` goes on from the provider's name. */
  | { readonly kind: "refusal"; readonly text: string; readonly hint?: string };

/** A group of radio buttons, or a select. */
export interface Choice {
  readonly name: string;
  readonly label: string;
  /** Radio buttons. */
  readonly isRadio?: boolean;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly preset: string | undefined;
  /** What settles it without a person. */
  readonly hint?: string;
}

export interface Way {
  readonly label: string;
  readonly form: Form;
  /** The button that stands for it, where its form has several. */
  readonly button: Button | undefined;
  /** Where more than its words tell. */
  readonly kind?: WayKind;
}

/** A form to fill in. */
export type Answer = Extract<Demand, { kind: "answer" }>;

const REFUSING = /(^|[^a-z])(no|back)([^a-z]|$)|cancel|deny|declin|reject|abort|disagree|log-?out|sign-?out/i;
const CAPTCHA = /captcha|cf-turnstile/;
const PASSKEY_FIELDS = new Set(["clientDataJSON", "authenticatorData", "assertion"]);
const CAPTCHA_WANTED = "a captcha to be solved";
const PASSKEY_WANTED = "a passkey or security key";
const SCRIPTS_WANTED = "something that is not a form (it may need scripts)";
const EACH_TIME = new Set([CAPTCHA_WANTED, PASSKEY_WANTED, SCRIPTS_WANTED]);
const OTHER_WAY_FIELD = "tryAnotherWay"; // Keycloak's

export function readDemand(page: Page): Demand {
  const otherWay = page.forms.find((form) => form.fields.some((field) => field.name === OTHER_WAY_FIELD));
  const found = answerable(
    page,
    page.forms.filter((form) => form !== otherWay),
  );
  if (typeof found !== "string") return found.kind === "answer" ? { ...found, otherWay } : found;
  if (otherWay !== undefined) return { kind: "go-on", form: otherWay, button: undefined };
  return { kind: "person", what: found, isEachTime: EACH_TIME.has(found) };
}

/** What we can answer, else what only a person can give, in words. */
function answerable(page: Page, forms: readonly Form[]): Demand | string {
  if ([...page.marks].some((mark) => CAPTCHA.test(mark))) return CAPTCHA_WANTED;
  const login = loginAnswer(forms);
  if (login !== undefined) return requirement(login.form, login.username) ?? login;
  if (forms.some((form) => hasRole(form, "new-password"))) return "a new password";
  if (forms.some((form) => form.fields.some((field) => PASSKEY_FIELDS.has(field.name)))) return PASSKEY_WANTED;
  if (/terms/i.test(`${page.title} ${page.url.pathname}`)) return "its terms to be accepted";
  const form = forms.find(isPlain);
  const next = waysOf(forms) ?? (form && { kind: "go-on", form, button: mainButton(form) });
  const refresh: Demand | undefined = page.refresh && { kind: "follow", url: page.refresh };
  return (form && requirement(form)) ?? next ?? otherText(forms) ?? refresh ?? SCRIPTS_WANTED;
}

/** What the form holds when `values` are filled in, by field name, and `button` is pressed. */
export function entriesOf(form: Form, values: ReadonlyMap<string, string>, button: Button | undefined): Entry[] {
  const entries = form.fields.flatMap((field): Entry[] => {
    const value = values.get(field.name);
    if (field.type === "radio") return (value === undefined ? field.isChecked : value === field.value) ? [[field.name, field.value]] : [];
    if (field.type === "checkbox") return field.isChecked ? [[field.name, field.value]] : [];
    return [[field.name, field.type === "hidden" ? field.value : (value ?? field.value)]];
  });
  return button === undefined || button.name === "" ? entries : [...entries, [button.name, button.value]];
}

/** The button that a person who agrees presses. */
export function mainButton(form: Form): Button | undefined {
  return form.buttons.find((button) => !isRefusing(button));
}

function isRefusing(button: Button): boolean {
  return REFUSING.test(`${button.name} ${button.id} ${button.value} ${button.text}`);
}

function hasRole(form: Form, ...roles: readonly FieldRole[]): boolean {
  return form.fields.some((field) => roles.includes(roleOf(field)));
}

/** The form that asks for most of a login, in the order password, code, user name, choice. */
function loginAnswer(forms: readonly Form[]): Answer | undefined {
  const possible = forms.filter((form) => !hasRole(form, "new-password"));
  const form = (["password", "code", "username"] as const)
    .map((role) => possible.find((candidate) => hasRole(candidate, role)))
    .find(Boolean);
  const choosing = possible.find(
    (candidate) => hasRole(candidate, "choice") && !hasRole(candidate, "unknown") && candidate.method === "POST",
  );
  return form === undefined ? choosing && asAnswer(choosing) : asAnswer(form);
}

function asAnswer(form: Form): Answer {
  const find = (role: FieldRole): Field | undefined => form.fields.find((field) => roleOf(field) === role);
  const password = find("password");
  const unknown = form.fields.filter((field) => roleOf(field) === "unknown");
  const username = find("username") ?? (password !== undefined && unknown.length === 1 ? unknown[0] : undefined);
  return { kind: "answer", form, username, password, code: find("code"), choices: choicesOf(form), otherWay: undefined };
}

function choicesOf(form: Form): Choice[] {
  const selects = form.fields.filter((field) => field.type === "select").map((field) => ({ ...field, preset: field.value }));
  const names = new Set(form.fields.filter((field) => field.type === "radio").map((field) => field.name));
  const radios = [...names].map((name) => {
    const buttons = form.fields.filter((field) => field.name === name);
    return { name, label: "", isRadio: true, options: buttons, preset: buttons.find((button) => button.isChecked)?.value };
  });
  return [...radios, ...selects];
}

/** What a form requires beyond a login. */
function requirement(form: Form, username?: Field): string | undefined {
  const open = form.fields.filter((field) => field.isRequired && field !== username);
  const text = open.find((field) => roleOf(field) === "unknown" && field.value === "");
  const tick = open.find((field) => field.type === "checkbox" && !field.isChecked);
  if (text !== undefined) return `"${text.label || text.name}" to be filled in`;
  return tick === undefined ? undefined : `"${tick.label || tick.name}" to be accepted`;
}

function otherText(forms: readonly Form[]): string | undefined {
  const field = forms
    .filter((form) => form.method === "POST")
    .flatMap((form) => form.fields.filter((each) => roleOf(each) === "unknown"))[0];
  return field === undefined ? undefined : `"${field.label || field.name}" to be filled in`;
}

/** Several buttons of one name in a form, or several forms of the same hidden fields, each beside its own text. */
function waysOf(forms: readonly Form[]): Demand | undefined {
  for (const form of forms.filter(isWithoutText)) {
    const buttons = form.buttons.filter((button) => !isRefusing(button));
    const alike = buttons.filter((button) => button.name !== "" && button.name === buttons[0]?.name);
    if (alike.length > 1) return { kind: "choose", ways: alike.map((button) => ({ label: button.text, form, button })) };
    const siblings = forms.filter((other) => isWithoutText(other) && fieldNames(other) !== "" && fieldNames(other) === fieldNames(form));
    if (siblings.length > 1)
      return { kind: "choose", ways: siblings.map((way) => ({ label: way.context, form: way, button: mainButton(way) })) };
  }
  return undefined;
}

/** Something that goes on by itself or by a button that does not refuse. */
function isPlain(form: Form): boolean {
  return isWithoutText(form) && (form.buttons.length === 0 ? form.fields.length > 0 : mainButton(form) !== undefined);
}

function isWithoutText(form: Form): boolean {
  return form.fields.every((field) => ["none", "tick"].includes(roleOf(field)));
}

function fieldNames(form: Form): string {
  return form.fields.map((field) => field.name).join(" ");
}
