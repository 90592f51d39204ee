/** The address that a browser on another machine ended at, pasted into the terminal → the redirect. A wrong one is named, and asked for again. */

import { isSame } from "../../store/primitives.ts";
import type { Terminal } from "../../world.ts";
import { type Authorization, isRedirect } from "./authorize.ts";

const QUESTION = "If the browser ends at an error page, paste that page's address here";

/**
 * Carries this login's state, and a code or an error; the rest is not checked yet.
 *
 * @throws CancelledError; the signal's reason
 */
export async function askForRedirect(authorization: Authorization, terminal: Terminal, signal: AbortSignal): Promise<URL> {
  for (;;) {
    const url = asUrl(await terminal.ask(QUESTION, "", signal));
    const flaw = await flawOf(url, authorization);
    if (url !== undefined && flaw === undefined) return url;
    if (flaw !== undefined) terminal.say(flaw);
  }
}

/** Some browsers hide the scheme, and then do not copy it. */
function asUrl(text: string): URL | undefined {
  const pasted = text.trim();
  return [pasted, `http://${pasted}`]
    .filter((candidate) => URL.canParse(candidate))
    .map((candidate) => new URL(candidate))
    .find(({ protocol }) => protocol === "http:");
}

/** For the person; never what was pasted, which may hold the code. */
async function flawOf(url: URL | undefined, { redirectUri, state, isIssuerPromised }: Authorization): Promise<string | undefined> {
  if (url === undefined || !isRedirect(url, redirectUri))
    return `That is not where this login ends: an address that begins with ${redirectUri}?`;
  if (!(await isSame(url.searchParams.get("state") ?? "", state))) return "That address is of another login.";
  if (!url.searchParams.has("code") && !url.searchParams.has("error")) return "That address holds no code: copy all of it.";
  return isIssuerPromised && !url.searchParams.has("iss") ? "The end of that address is missing: copy all of it." : undefined;
}
