/**
 * AM waits for a push to be approved: the page goes back as it is, each time after the time that it names, until another comes. An early
 * answer counts as abuse, so the wait comes first (https://docs.pingidentity.com/auth-node-ref/latest/push-wait.html).
 */

import { shorten } from "../../errors.ts";
import { waitForApproval } from "../forms/approval.ts";
import { type Demand, readCallbacks } from "./forgerock-callbacks.ts";
import { exchange, type Exchanged, type Run } from "./forgerock-run.ts";
import { buildAuthenticate, type CallbackPage } from "./forgerock-wire.ts";

const LIMIT_MS = 120_000;
/** For all waits of a login together. */
const TOTAL_LIMIT_MS = 300_000;

type Wait = Extract<Demand, { kind: "wait" }>;

/** What comes after the waiting. @throws LoginError `approval-refused` when nothing does; `page-not-answerable` by mfa_type */
export async function waitForDevice(wait: Wait, first: CallbackPage, run: Run): Promise<Exchanged> {
  const { provider, clock, answers, factors } = run.signIn;
  const { value: message } = await factors.choose([{ kind: "push", label: "push", value: shorten(answers.mask(wait.message)) }]);
  run.last = "device";
  run.waitsUntil ??= clock.now() + TOTAL_LIMIT_MS;
  let page = first;
  let { waitMs } = wait;
  const poll = async () => {
    await clock.sleep(waitMs);
    const exchanged = await exchange(run, buildAuthenticate(run.place.authenticate, page));
    const next = exchanged.answer.kind === "page" ? exchanged.answer.page : undefined;
    const demand = next && readCallbacks(next, run.seen);
    if (next === undefined || demand?.kind !== "wait") return { kind: "done", result: exchanged } as const;
    page = next;
    ({ waitMs } = demand);
    return { kind: "waiting" } as const;
  };
  return waitForApproval(
    {
      poll,
      intervalMs: 0,
      limitMs: Math.min(LIMIT_MS, run.waitsUntil - clock.now()),
      message: message === "" ? `Approve the login at ${provider}` : `${provider}: ${message}`,
      number: wait.number === undefined ? undefined : shorten(wait.number),
    },
    run.signIn,
  );
}
