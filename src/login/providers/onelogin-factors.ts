/**
 * The second factor of a login at OneLogin: chosen among the devices that its answer to the password lists, then approved on another device
 * (OneLogin Protect, a call, a link by e-mail) or answered with a code, which some send first when asked without one.
 *
 * The list has no default: the API that tells it wants a scope that may change every user, which nobody should spread to laptops.
 *
 * @see https://developers.onelogin.com/api-docs/1/login-page/verify-factor
 * @see https://developers.onelogin.com/api-docs/2/multi-factor-authentication/enrolled-factors for the names of factors
 */

import type { ProviderLogin } from "../../config/profile.ts";
import { LoginError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { type Polled, waitForApproval } from "../forms/approval.ts";
import type { Factor, FactorKind } from "../forms/factors.ts";
import { buildVerifyRequest, type Device, type LoginOutcome, type Refusal, type SecondFactor } from "./onelogin-api.ts";
import { failure, type OneloginCall, outcomeOf, refused, send, wordsOf } from "./onelogin-call.ts";

/** What a device wants: an approval there, a code that it shows, or one that is sent. */
interface Way {
  readonly device: Device;
  readonly by: "approval" | "code" | "sent code";
}

type Type = readonly [name: RegExp, kind: FactorKind, by: Way["by"]];

/** The first that a type's name matches. */
const TYPES: readonly Type[] = [
  [/webauthn|fido|passkey|security key/i, "webauthn", "code"],
  [/magic ?link/i, "email", "approval"],
  [/voice/i, "call", "approval"],
  [/sms/i, "sms", "sent code"],
  [/email/i, "email", "sent code"],
  [/^onelogin$|protect/i, "push", "approval"],
];
const ANY_OTHER: Type = [/^/, "totp", "code"];
/** Its web page for other programs is gone. */
const DUO = /\bduo\b/i;
const POLL_MS = 2000;
const LIMIT_MS = 60_000;
/** Seen by nobody yet, but a token of two minutes ends. */
const STATE_ENDED = /state.?token|expired/i;

/** @throws LoginError `code-refused`, `approval-refused`, `page-not-answerable`, `provider-refused`; PersonNeededError; CancelledError */
export async function passSecondFactor(factor: SecondFactor, call: OneloginCall): Promise<Secret> {
  const { signIn } = call;
  const devices = factor.devices.filter(({ type }) => !DUO.test(type));
  if (devices.length === 0 && factor.devices.length > 0) throw onlyDuo(call);
  const chosen = await signIn.factors.choose(factorsOf(devices, signIn.login));
  const verify: Verify = async (code, notify) => {
    const request = buildVerifyRequest(call.place.api, call.accessToken, { factor, device: chosen.value.device, code, notify });
    return outcomeOf(await send(call, request), call);
  };
  return chosen.value.by === "approval" ? approve(chosen.label, verify, call) : enterCode(chosen, verify, call);
}

/** In OneLogin's order; where a code is wanted, those that OneLogin Protect shows count too, after all others. */
function factorsOf(devices: readonly Device[], { mfaType, mfaCode }: ProviderLogin): readonly Factor<Way>[] {
  const types = devices.map(({ type }) => type);
  const factors = devices.map((device): Factor<Way> => {
    const [, kind, by] = TYPES.find(([name]) => name.test(device.type)) ?? ANY_OTHER;
    const isOneOfSeveral = types.indexOf(device.type) !== types.lastIndexOf(device.type);
    return { kind, label: isOneOfSeveral ? `${device.type} ${device.id}` : device.type, value: { device, by } };
  });
  const wantsCode = mfaCode !== undefined || ["code", "otp", "totp"].includes(mfaType?.value ?? "");
  const pushes = wantsCode ? factors.filter(({ kind }) => kind === "push") : [];
  return [...factors, ...pushes.map(({ label, value }): Factor<Way> => ({ kind: "totp", label, value: { ...value, by: "code" } }))];
}

type Verify = (code: Secret | undefined, notify: boolean) => Promise<LoginOutcome>;

async function approve(label: string, verify: Verify, call: OneloginCall): Promise<Secret> {
  const first = readApproval(await verify(undefined, true), call);
  if (first.kind === "done") return first.result;
  const poll = async () => readApproval(await verify(undefined, false), call);
  const message = `Approve the login at ${call.signIn.provider} by ${wordsOf(label, call.signIn)}`;
  return waitForApproval({ poll, intervalMs: POLL_MS, limitMs: LIMIT_MS, message }, call.signIn);
}

/** A moment's trouble of the server is waited out. */
function readApproval(outcome: LoginOutcome, call: OneloginCall): Polled<Secret> {
  if (outcome.kind === "passed") return { kind: "done", result: outcome.result };
  if (outcome.kind === "pending") return { kind: "waiting" };
  if (outcome.kind !== "refused") throw strange(outcome, call);
  if (outcome.status === 429 || outcome.status >= 500) return { kind: "waiting" };
  const why = outcome.message === undefined ? "" : `: ${wordsOf(outcome.message, call.signIn)}`;
  throw failure(call.signIn, "approval-refused", `says that the login was denied${why}`);
}

async function enterCode(factor: Factor<Way>, verify: Verify, call: OneloginCall): Promise<Secret> {
  const { signIn } = call;
  if (factor.value.by === "sent code") checkSent(await verify(undefined, true), call);
  return signIn.answers.untilTaken(async (error) => {
    const outcome = await verify(await signIn.answers.giveCode(factor, error), false);
    if (outcome.kind === "passed") return { taken: outcome.result };
    if (outcome.kind === "strange" || outcome.kind === "second factor") throw strange(outcome, call);
    if (outcome.kind === "refused" && !isWrongCode(outcome)) throw refused(call.signIn, "the second factor", outcome, tooLate(outcome));
    return { refused: outcome.message === undefined ? undefined : wordsOf(outcome.message, call.signIn) };
  });
}

function checkSent(outcome: LoginOutcome, call: OneloginCall): void {
  if (outcome.kind === "refused") throw refused(call.signIn, "to send a code", outcome);
  if (outcome.kind !== "pending") throw strange(outcome, call);
}

function isWrongCode({ status, message = "" }: Refusal): boolean {
  return status === 401 && !STATE_ENDED.test(message);
}

function tooLate({ message = "" }: Refusal): string | undefined {
  return STATE_ENDED.test(message) ? "a login has two minutes from the password to the code: try again" : undefined;
}

function strange(outcome: LoginOutcome, { signIn }: OneloginCall): LoginError {
  const what = outcome.kind === "strange" ? outcome.what : "does not belong there";
  return failure(signIn, "provider-answer", `answers the second factor with something that ${what}`);
}

function onlyDuo({ signIn }: OneloginCall): LoginError {
  return failure(signIn, "page-not-answerable", "asks for Duo Security, which takes a browser", signIn.useBrowser);
}
