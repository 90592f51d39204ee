/** Duo's prompt as an app of one page (since 2026): JSON under /prompt/{akey}, named by the authkey that its root element carries. */

import type { HttpRequest } from "../../world.ts";
import type { Factor } from "../forms/factors.ts";
import { originsOf } from "../forms/home.ts";
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
import { type Json, objectAt, objectsAt, textAt } from "../json.ts";

export interface DuoApp {
  readonly akey: string;
  readonly authkey: string;
}

/** A device that can do it, by its key; none for a code. */
type Way = { readonly type: "push" | "phone_call"; readonly pkey: string } | { readonly type: "mobile_otp" };

const FEATURES = JSON.stringify({ touch_supported: false, platform_authenticator_status: "unavailable", webauthn_supported: false });
const PATHS = {
  push: { begin: "/auth/factors/push/auth", poll: "/auth/factors/push/status", txid: "push_txid" },
  phone_call: { begin: "/auth/factors/phone_call", poll: "/auth/factors/phone_call/poll", txid: "txid" },
} as const;

export async function answerApp(prompt: DuoPrompt, app: DuoApp): Promise<HttpRequest> {
  orFailed(prompt, await ask(prompt, get(prompt, app, "/pre_authn/initialization", { is_ipad: "false" })));
  const evaluation = { browser_features: FEATURES, local_trust_choice: "undecided" };
  await ask(prompt, get(prompt, app, "/pre_authn/evaluation", evaluation));
  const payload = orFailed(prompt, await ask(prompt, get(prompt, app, "/auth/payload", { browser_features: FEATURES })));
  const way = (await chooseWay(prompt, waysIn(payload.response))).value;
  if (way.type === "mobile_otp") {
    await enterCode(prompt, (code) => ask(prompt, post(prompt, app, "/auth/factors/mobile_otp", { mobile_otp: code })));
  } else {
    await byPhone(prompt, app, way);
  }
  const { response } = orFailed(prompt, await ask(prompt, get(prompt, app, "/auth/finalize_auth", {})));
  return goBack(prompt, textAt(response, "url"));
}

function waysIn(payload: Json): readonly Factor<Way>[] {
  const context = objectAt(payload, "auth_factors_context");
  const found = objectsAt(context, "available_unified_auth_factors", "factors");
  const factors = found.length > 0 ? found : objectsAt(payload, "available_unified_auth_factors", "factors");
  return factors.flatMap((factor): Factor<Way>[] => {
    const [type, info] = [textAt(factor, "factor_type"), { ...objectAt(factor, "phone_info"), ...objectAt(factor, "device_info") }];
    const [pkey, name] = [textAt(info, "pkey"), textAt(info, "name") ?? textAt(info, "end_of_number")];
    const label = (words: string) => (name === undefined ? words : `${words} ${name}`);
    if (type === "push" && pkey !== undefined) return [{ kind: "push", label: label("Duo Push"), value: { type, pkey } }];
    if (type === "phone_call" && pkey !== undefined) return [{ kind: "call", label: label("Duo phone call"), value: { type, pkey } }];
    return type === "mobile_otp" ? [{ kind: "totp", label: "Duo passcode", value: { type } }] : [];
  });
}

async function byPhone(prompt: DuoPrompt, app: DuoApp, { type, pkey }: Exclude<Way, { type: "mobile_otp" }>): Promise<void> {
  const { begin, poll, txid: name } = PATHS[type];
  const { response } = orFailed(prompt, await ask(prompt, post(prompt, app, begin, { pkey })));
  const txid = textAt(response, name) ?? textAt(response, "txid");
  if (txid === undefined) throw failed(prompt, "provider-answer", "names no transaction");
  const parameters = { [name]: txid, ...(type === "push" && { saw_good_news: "false" }) };
  const once = async () => {
    const answer = orFailed(prompt, await ask(prompt, get(prompt, app, poll, parameters)));
    return { progress: progressOf(answer), number: textAt(answer.response, "step_up_code"), answer };
  };
  await waitForPhone(prompt, once, textAt(response, "step_up_code"));
}

/** A call has its result as text, a push as an object. */
function progressOf({ response }: DuoAnswer): DuoProgress {
  const inner = objectAt(response, "result");
  const result = textAt(inner, "result") ?? textAt(inner, "status_code") ?? textAt(response, "result") ?? textAt(response, "status_code");
  if (["SUCCESS", "ALLOW"].includes(result?.toUpperCase() ?? "")) return "allowed";
  return ["FAILURE", "DENY", "FRAUD", "ERROR", "TIMEOUT"].includes(result?.toUpperCase() ?? "") ? "denied" : "waiting";
}

/** To the provider that asked, or by way of Duo itself. */
function goBack(prompt: DuoPrompt, href: string | undefined): HttpRequest {
  if (href === undefined || !URL.canParse(href, prompt.page.href))
    throw failed(prompt, "provider-answer", "does not say where the login goes on");
  const url = new URL(href, prompt.page);
  if (![prompt.page.origin, ...originsOf(prompt.signIn.home)].includes(url.origin))
    throw failed(prompt, "untrusted-destination", `leads to ${url.origin}, which did not ask it for a login`);
  return { method: "GET", url };
}

function get(prompt: DuoPrompt, { akey, authkey }: DuoApp, path: string, parameters: Readonly<Record<string, string>>): HttpRequest {
  const url = new URL(`/prompt/${encodeURIComponent(akey)}${path}`, prompt.page);
  url.search = new URLSearchParams({ authkey, ...parameters }).toString();
  return { method: "GET", url, headers: { "x-requested-with": "XMLHttpRequest" } };
}

function post(prompt: DuoPrompt, { akey, authkey }: DuoApp, path: string, body: Json): HttpRequest {
  const url = new URL(`/prompt/${encodeURIComponent(akey)}${path}`, prompt.page);
  const headers = { "x-requested-with": "XMLHttpRequest", "content-type": "application/json" };
  return { method: "POST", url, headers, body: JSON.stringify({ authkey, ...body }) };
}
