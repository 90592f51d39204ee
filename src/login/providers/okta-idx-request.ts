/** A remediation and what is known of its fields → the request that does it. The state handle is one of the fields. */

import type { IdxField, Remediation } from "./okta-idx-answer.ts";
import { linkOf, type OktaOrg, type OrgAnswer, post } from "./okta-org.ts";
import { isObject, type Json } from "../json.ts";

const ION = "application/ion+json; okta-version=1.0.0";

/** The first request, with the sign-in page's state token. */
export function introspect(org: OktaOrg, stateToken: string): Promise<OrgAnswer> {
  const headers = { accept: ION, "content-type": ION };
  return post(org, { url: new URL("/idp/idx/introspect", org.page.origin), body: { stateToken }, headers, step: "idx introspect" });
}

/** `extra` goes along though the remediation has no such fields. */
export function proceed(org: OktaOrg, remediation: Remediation, values: Json = {}, extra: Json = {}): Promise<OrgAnswer> {
  const step = stepOf(remediation);
  const body = { ...fill(remediation.fields, values), ...extra };
  return post(org, { url: linkOf(org, remediation.href, step), body, headers: { accept: ION }, step });
}

/** As errors name it. */
export function stepOf({ name }: Remediation): string {
  return `idx ${name.slice(0, 60)}`;
}

/** What fields have already, with `values` in place of it; a field of neither is left out. */
export function fill(fields: readonly IdxField[], values: Json): Json {
  const entries = fields.flatMap((field): [string, unknown][] => {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    if (field.fields === undefined || (value !== undefined && !isObject(value))) return entryOf(field.name, value ?? field.value);
    const inner = fill(field.fields, isObject(value) ? value : {});
    return Object.keys(inner).length === 0 ? [] : [[field.name, inner]];
  });
  return Object.fromEntries(entries);
}

function entryOf(name: string, value: unknown): [string, unknown][] {
  return value === undefined ? [] : [[name, value]];
}
