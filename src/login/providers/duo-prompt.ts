/** What both kinds of Duo's prompt share: requests, the choice among the user's ways, waiting for the telephone. */

import { type ErrorCode, LoginError, shorten } from "../../errors.ts";
import type { HttpRequest } from "../../world.ts";
import { type Polled, waitForApproval } from "../forms/approval.ts";
import type { Factor, FactorKind } from "../forms/factors.ts";
import { type Json, objectAt, parseObject, textAt } from "../json.ts";
import type { SignIn } from "./provider.ts";

export interface DuoPrompt {
  readonly page: URL;
  readonly signIn: SignIn;
}

export interface DuoAnswer {
  readonly isOk: boolean;
  readonly response: Json;
  /** What it says no with. */
  readonly message: string;
}

/** How a push or call that is under way goes on. */
export type DuoProgress = "waiting" | "allowed" | "denied";

const STEP = "duo";
const POLL_MS = 1000;
const LIMIT_MS = 300_000;

/** @throws LoginError `provider-answer` for what is not of the form `{stat, response}` */
export async function ask(prompt: DuoPrompt, request: HttpRequest): Promise<DuoAnswer> {
  const { body, status } = await prompt.signIn.send({ ...request, headers: { accept: "application/json", ...request.headers } }, true);
  const json = parseObject(body);
  const stat = textAt(json, "stat");
  if (stat === undefined) throw failed(prompt, "provider-answer", `gave an answer that is not of its form (status ${status})`);
  return { isOk: stat === "OK" && status < 400, response: objectAt(json, "response"), message: textAt(json, "message") ?? stat };
}

/** The one of these ways that the settings name, or the person picks: "push", "call", "code". */
export function chooseWay<T>(prompt: DuoPrompt, ways: readonly Factor<T>[]): Promise<Factor<T>> {
  const { login, factors } = prompt.signIn;
  const sorted = login.mfaCode === undefined ? ways : ways.toSorted((one, other) => rank(one.kind) - rank(other.kind));
  // Who set mfa_type = duo has chosen Duo, not a way that it has.
  const isDuo = login.mfaType?.value === "duo";
  return factors.choose(isDuo ? sorted.map((way) => ({ ...way, kind: "duo" })) : sorted);
}

/** A code is asked for again while Duo refuses it. */
export async function enterCode(prompt: DuoPrompt, send: (code: string) => Promise<DuoAnswer>): Promise<DuoAnswer> {
  const { answers } = prompt.signIn;
  const factor = { kind: "duo", label: "Duo" } as const;
  return answers.untilTaken(async (error) => {
    const answer = await send((await answers.giveCode(factor, error)).reveal());
    return answer.isOk ? { taken: answer } : { refused: answer.message };
  });
}

/** `poll` says how it goes and, for a Verified Push, which code to type on the telephone. */
export function waitForPhone(
  prompt: DuoPrompt,
  poll: () => Promise<{ readonly progress: DuoProgress; readonly number: string | undefined; readonly answer: DuoAnswer }>,
  number?: string,
): Promise<DuoAnswer> {
  const once = async (): Promise<Polled<DuoAnswer>> => {
    const state = await poll();
    if (state.progress === "denied") throw failed(prompt, "approval-refused", "says that the login was denied");
    return state.progress === "allowed" ? { kind: "done", result: state.answer } : { kind: "waiting", number: state.number };
  };
  const message = `Approve the login at ${prompt.signIn.home.issuer.host} by Duo`;
  return waitForApproval({ poll: once, intervalMs: POLL_MS, limitMs: LIMIT_MS, message, number }, prompt.signIn);
}

export function orFailed(prompt: DuoPrompt, answer: DuoAnswer): DuoAnswer {
  if (answer.isOk) return answer;
  throw failed(prompt, "provider-refused", `refuses the login: ${answer.message}`);
}

/** `what` goes on from Duo's host. */
export function failed({ page, signIn }: DuoPrompt, code: ErrorCode, what: string): LoginError {
  return new LoginError(code, `${page.host} ${shorten(what)}`, { provider: signIn.provider, step: STEP });
}

function rank(kind: FactorKind): number {
  return kind === "totp" ? 0 : 1;
}
