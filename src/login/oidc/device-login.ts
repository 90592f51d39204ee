/**
 * The device flow (RFC 8628): a code is shown on the terminal, a person enters it at the provider's page in any browser, and meanwhile the token
 * endpoint is asked until it gives tokens.
 *
 * The code is of use to nobody who cannot log in there, so it may be shown; the device code, which is exchanged for tokens, is a secret.
 */

import { LoginError, PersonNeededError } from "../../errors.ts";
import type { Tokens } from "../id-token.ts";
import type { LoginContext } from "./context.ts";
import { codeExpired, type DeviceCode, type Poll, pollForTokens, requestDeviceCode } from "./device-grant.ts";
import { providerHttp } from "../provider-http.ts";
import { validateTokens } from "./validate.ts";

/** RFC 8628 section 3.5: more after each "slow_down", for good. */
const SLOWER_MS = 5_000;
/** A server that cannot answer is asked half as often each time, but while somebody sits there this often. */
const LONGEST_PAUSE_MS = 60_000;

/** Where the provider has the endpoint. @throws LoginError `provider-refused`, `approval-refused` …; PersonNeededError without a terminal */
export async function logInByDevice(context: LoginContext): Promise<Tokens> {
  const { metadata, login, http, tools } = context;
  checkPossible(context);
  const code = await requestDeviceCode(context);
  const endsAt = tools.clock.now() + code.lifeMs;
  await show(code, context);
  const stop = tools.terminal.showWait(`waiting for the login at ${context.host}`);
  const response = await waitForTokens(code, endsAt, context).finally(stop);
  const expected = { authorization: { clientId: login.clientId.value }, metadata, username: login.username?.value };
  return validateTokens(response, expected, { ...tools, http: http("keys") });
}

function checkPossible({ host: provider, tools }: LoginContext): void {
  if (tools.terminal.isAvailable || tools.terminal.isInBackground) return;
  throw new PersonNeededError(`the device login at ${provider} needs a person, and there is no terminal to show the code on`, {
    hint: "log in once at a terminal; with web_identity_scopes = offline_access, later logins need nobody for as long as the provider allows",
  });
}

/** The page with the code in it is for the QR code and the browser; the code is shown all the same, to be compared (section 3.3.1). */
async function show({ userCode, page, pageWithCode = page }: DeviceCode, { host, tools }: LoginContext): Promise<void> {
  const { terminal, browser } = tools;
  terminal.say(`To log in at ${host}, open this page in a browser on any device, and enter the code:\n\n  ${page.href}\n  ${userCode}\n`);
  await terminal.showQr(pageWithCode.href);
  if (browser.isAvailable) void browser.open(pageWithCode).catch(() => false);
}

/** The first answer that is neither "not yet" nor "not now". */
async function waitForTokens(code: DeviceCode, endsAt: number, context: LoginContext): Promise<Response> {
  const { clock } = context.tools;
  let paceMs = code.intervalMs;
  let pauseMs = paceMs;
  let failure: LoginError | undefined;
  while (clock.now() < endsAt) {
    await clock.sleep(Math.min(pauseMs, endsAt - clock.now()));
    const poll = await pollOnce(code, endsAt, context);
    if (poll.kind === "tokens") return poll.response;
    if (poll.kind === "slow-down") paceMs += SLOWER_MS;
    failure = poll.kind === "busy" ? poll.failure : undefined;
    pauseMs = poll.kind === "busy" ? Math.max(Math.min(pauseMs * 2, LONGEST_PAUSE_MS), paceMs, poll.waitMs) : paceMs;
  }
  throw failure ?? codeExpired(context.host);
}

/** Each with a time limit of its own: the waiting is the person's, not the provider's. */
function pollOnce(code: DeviceCode, endsAt: number, context: LoginContext): Promise<Poll> {
  const { tools } = context;
  const http = providerHttp(context, { ...tools, limitMs: Math.max(endsAt - tools.clock.now(), SLOWER_MS) });
  return pollForTokens(code, context, http("device login"));
}
