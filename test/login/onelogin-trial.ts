/** A login at a fake OneLogin: what it is given, and a look at what it leaks. */

import { expect } from "vitest";

import type { OidcLogin, Setting } from "../../src/config/profile.ts";
import { RunasError } from "../../src/errors.ts";
import type { IdToken } from "../../src/login/id-token.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import type { Terminal } from "../../src/world.ts";
import {
  ACCESS_TOKEN,
  API_ID,
  API_SECRET,
  COOKIE,
  type FakeOnelogin,
  PASSWORD,
  SESSION_TOKEN,
  STATE_TOKEN,
  USER,
} from "../fakes/onelogin.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

export const CODE = "246802";
export const TOKEN = Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64");
export const SECRETS = [API_SECRET, TOKEN, PASSWORD, CODE, ACCESS_TOKEN, STATE_TOKEN, SESSION_TOKEN, COOKIE, encodeURIComponent(TOKEN)];

export const setting = <T>(value: T): Setting<T> => ({ value, origin: { layer: "environment", variable: "GIVEN" } });

export interface Trial {
  /** Of the URL; with the API credentials unless told. */
  readonly query?: string;
  readonly login?: Partial<OidcLogin>;
  readonly username?: string;
  readonly password?: string;
  readonly mfaType?: string;
  readonly mfaCode?: string;
  readonly terminal?: Terminal;
  /** Takes what is logged. */
  readonly lines?: string[];
}

export async function attempt(
  onelogin: FakeOnelogin,
  { query = `?token=${encodeURIComponent(TOKEN)}`, login = {}, terminal = person(), lines = [], ...parts }: Trial = {},
): Promise<IdToken> {
  const tools = toolsWith(onelogin.provider.http, { terminal, clock: movedClock() });
  const given = { ...loginOf(onelogin.issuer + query, { username: USER, password: PASSWORD, ...parts }), ...login };
  return logIn(given, tools).finally(() => lines.push(...tools.lines));
}

/** The error of a login, after a look that it tells no secret, and that nothing was logged of any. */
export function failureOf(onelogin: FakeOnelogin, trial: Trial = {}): Promise<RunasError> {
  return failureOfLogin((lines) => attempt(onelogin, { ...trial, lines }));
}

/** The same of any login; `login` gives `lines` what it logs. */
export async function failureOfLogin(login: (lines: string[]) => Promise<unknown>): Promise<RunasError> {
  const lines: string[] = [];
  const error = await login(lines).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof RunasError)) throw new Error(`no error of ours: ${String(error)}`);
  expect(lines).not.toEqual([]);
  const shown = [error.message, error.hint, error.stack, String(error.cause), JSON.stringify(error), ...lines].join("\n");
  for (const secret of SECRETS) expect(shown).not.toContain(secret);
  return error;
}
