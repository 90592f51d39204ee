/** What one login by AM's callbacks remembers from page to page, and one exchange of it. */

import { type ErrorCode, LoginError, shorten } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import type { HttpRequest } from "../../world.ts";
import type { ChosenFactor } from "../forms/factors.ts";
import type { Seen } from "./forgerock-callbacks.ts";
import { type AmPlace, loginPageOf } from "./forgerock-urls.ts";
import { type AmAnswer, type CallbackPage, parseAuthenticate } from "./forgerock-wire.ts";
import type { SignIn } from "./provider.ts";

export interface Given {
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly code: Secret | undefined;
}

/** Changes as the pages go by. */
export interface Run {
  readonly place: AmPlace;
  readonly signIn: SignIn;
  /** In this attempt. */
  seen: Seen;
  /** Last, in this attempt or an earlier one. */
  given: Given;
  /** For the next pages, without asking again. */
  ready: Given;
  /** Chosen of several; undefined where the service settled it. */
  factor: ChosenFactor | undefined;
  /** What the last answer was about: "nothing" that can be asked again. */
  last: "nothing" | "credentials" | "code" | "device";
  /** Answered last. */
  page: CallbackPage | undefined;
  hasTimedOut: boolean;
  /** When waiting for other devices ends for good, by the clock; undefined before the first wait. */
  waitsUntil: number | undefined;
}

export interface Exchanged {
  readonly answer: AmAnswer;
  readonly setCookie: readonly string[];
}

export const NOTHING_GIVEN: Given = { username: undefined, password: undefined, code: undefined };
export const NOTHING_SEEN: Seen = { username: undefined, password: undefined };

/** An `authId` is as good as a password for the minutes it lives, so all of it goes only where secrets may. */
export async function exchange({ signIn }: Run, request: HttpRequest): Promise<Exchanged> {
  const response = await signIn.send(request, true);
  return { answer: parseAuthenticate(response), setCookie: [response.headers["set-cookie"] ?? []].flat() };
}

/** `what` goes on from the provider's host. */
export function failure({ signIn }: Run, code: ErrorCode, what: string, hint?: string): LoginError {
  const { provider } = signIn;
  return new LoginError(code, shorten(`${provider} ${what}`), { provider, step: "login", hint });
}

/** `what` goes on from "asks for …". */
export function personNeeded(what: string, run: Run): LoginError {
  const hint = `open ${shorten(loginPageOf(run.place))} in a browser, do what it asks, then try again`;
  return failure(run, "page-not-answerable", `asks for ${what}`, hint);
}
