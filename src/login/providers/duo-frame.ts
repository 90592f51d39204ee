/** Duo's prompt as forms ("frameless"): one that starts a push, a call or takes a code, then polls, then the way back to the provider. */

import { type Form, formPost } from "../../http/form.ts";
import type { HttpRequest } from "../../world.ts";
import type { Factor } from "../forms/factors.ts";
import {
  ask,
  chooseWay,
  type DuoAnswer,
  type DuoProgress,
  type DuoPrompt,
  enterCode,
  failed,
  orFailed,
  waitForPhone,
} from "./duo-prompt.ts";
import { textAt } from "../json.ts";

const LABELS: Readonly<Record<string, Factor<string>>> = {
  "Duo Push": { kind: "push", label: "Duo Push", value: "Duo Push" },
  "Phone Call": { kind: "call", label: "Duo phone call", value: "Phone Call" },
  Passcode: { kind: "totp", label: "Duo passcode", value: "Passcode" },
};

/** On the way to an answer. */
const UNDER_WAY = new Set(["pushed", "calling", "answered", "sent"]);

export async function answerFrame(prompt: DuoPrompt, form: Form): Promise<HttpRequest> {
  const names = new Set(form.fields.filter(({ name }) => name === "factor").map(({ value }) => value));
  const ways = Object.values(LABELS).filter(({ value }) => names.has(value));
  const factor = (await chooseWay(prompt, ways)).value;
  const entries = { ...hiddenOf(form), factor, device: deviceOf(form), postAuthDestination: "OIDC_EXIT" };
  const begun = factor === "Passcode" ? await sendCode(prompt, form, entries) : await begin(prompt, form, entries);
  return exit(prompt, { ...begun, factor, xsrf: valueOf(form, "_xsrf") });
}

interface Transaction {
  readonly sid: string;
  readonly txid: string;
}

async function begin(prompt: DuoPrompt, form: Form, entries: Readonly<Record<string, string>>): Promise<Transaction> {
  const transaction = asTransaction(prompt, form, orFailed(prompt, await ask(prompt, formPost(form.action, entries))));
  await waitForPhone(prompt, () => poll(prompt, transaction));
  return transaction;
}

/** Whether a code was right is told by the poll. */
async function sendCode(prompt: DuoPrompt, form: Form, entries: Readonly<Record<string, string>>): Promise<Transaction> {
  let transaction: Transaction | undefined;
  await enterCode(prompt, async (passcode) => {
    const begun = await ask(prompt, formPost(form.action, { ...entries, passcode }));
    if (!begun.isOk) return begun;
    transaction = asTransaction(prompt, form, begun);
    const { progress, answer } = await poll(prompt, transaction);
    return {
      ...answer,
      isOk: progress === "allowed",
      message: textAt(answer.response, "reason") ?? textAt(answer.response, "status") ?? "",
    };
  });
  if (transaction === undefined) throw failed(prompt, "provider-answer", "took a code for nothing");
  return transaction;
}

async function poll(
  prompt: DuoPrompt,
  { sid, txid }: Transaction,
): Promise<{ progress: DuoProgress; number: string | undefined; answer: DuoAnswer }> {
  const answer = orFailed(prompt, await ask(prompt, formPost(new URL("/frame/v4/status", prompt.page), { sid, txid })));
  const status = textAt(answer.response, "status_code") ?? "";
  const progress = status === "allow" ? "allowed" : UNDER_WAY.has(status) ? "waiting" : "denied";
  return { progress, number: textAt(answer.response, "risk_based_factor_selection_data", "step_up_code"), answer };
}

function exit(prompt: DuoPrompt, parts: Transaction & { readonly factor: string; readonly xsrf: string }): HttpRequest {
  const { sid, txid, factor, xsrf } = parts;
  const entries = { sid, txid, factor, device_key: "", _xsrf: xsrf, dampen_choice: "false" };
  return formPost(new URL("/frame/v4/oidc/exit", prompt.page), entries);
}

function asTransaction(prompt: DuoPrompt, form: Form, { response }: DuoAnswer): Transaction {
  const txid = textAt(response, "txid");
  if (txid === undefined) throw failed(prompt, "provider-answer", "names no transaction");
  return { sid: valueOf(form, "sid"), txid };
}

/** Those that stand for a way that was not chosen are left out. */
function hiddenOf({ fields }: Form): Readonly<Record<string, string>> {
  const own = fields.filter(
    ({ type, name }) => type === "hidden" && !["factor", "phone-smsable", "mobile-otpable", "next-passcode"].includes(name),
  );
  return Object.fromEntries(own.map(({ name, value }) => [name, value]));
}

function deviceOf(form: Form): string {
  const preferred = valueOf(form, "preferred_device");
  return preferred || (form.fields.find(({ name, type }) => name === "device" && type === "select")?.options[0]?.value ?? "");
}

function valueOf({ fields }: Form, wanted: string): string {
  return fields.find(({ name }) => name === wanted)?.value ?? "";
}
