/** What a field of a login form wants, by its type, name and autocomplete; its label is in any language and is not asked. */

import type { Field } from "../../http/form.ts";

/**
 * - `none`: hidden, or prefilled and not to be changed
 * - `choice`: a radio button or select; `tick`: a checkbox
 * - `unknown`: text of another kind
 */
export type FieldRole = "username" | "password" | "new-password" | "code" | "choice" | "tick" | "unknown" | "none";

const CODE = /^(h?otp|totp|mfa|2fa|tfa|tan|pin|token|code|passcode)$|(otp|code)$/;
const NOT_A_CODE = /zip|post|country|area|promo|dial|phone|qr|org|tenant|client|lang|locale|invit/;
const USERNAME =
  /^(user|users?name|usr|uid|userid|login|loginid|loginname|loginfmt|logon|signin|e?mail|emailaddress|identifier|account|upn)$/;
const NEW_PASSWORD = /^(new|confirm|confirmation|repeat|again|verify|retype)$|^(new|confirm|repeat)pass/;

export function roleOf(field: Field): FieldRole {
  if (field.type === "hidden" || field.isReadOnly) return "none";
  if (field.type === "radio" || field.type === "select") return "choice";
  if (field.type === "checkbox") return "tick";
  if (looksLikeCode(field)) return "code";
  if (field.type === "password") return isNewPassword(field) ? "new-password" : "password";
  return ["text", "email", "tel"].includes(field.type) && looksLikeUsername(field) ? "username" : "unknown";
}

function looksLikeCode(field: Field): boolean {
  if (field.autocomplete.includes("one-time-code")) return true;
  return wordsOf(field).some((word) => CODE.test(word)) && !NOT_A_CODE.test(`${field.name} ${field.id}`.toLowerCase());
}

function isNewPassword(field: Field): boolean {
  return field.autocomplete.includes("new-password") || wordsOf(field).some((word) => NEW_PASSWORD.test(word));
}

function looksLikeUsername(field: Field): boolean {
  if (field.type === "email" || /\b(username|email)\b/.test(field.autocomplete)) return true;
  return wordsOf(field).some((word) => USERNAME.test(word));
}

/** "j_username" and "userName" hold the words "username" (or "user" and "name") that a person sees in them. */
function wordsOf(field: Field): string[] {
  const separated = `${field.name} ${field.id}`.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return separated.split(/[^a-z0-9]+/).filter((word) => word !== "");
}
