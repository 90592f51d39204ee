/**
 * Answering the login that waits: `/auth` and `/mfa` as the Go tool has them, `/answer` for any question, `/cancel`, and `/refresh`, which
 * may begin one.
 *
 * An answer names its question by id. The Go tool's clients know none: theirs is taken by what is asked, name and password, or a code.
 *
 * Each answers like the request that began the login: 200 at its end, 401 with the next question, 202 where it goes on without one.
 */

import { Secret } from "../../secret.ts";
import { failure, respond } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import { hasControl, readForm, readJson, Refusal } from "./bodies.ts";
import { answerProgress } from "./login-answers.ts";
import { managementRoute, type ManagementState } from "./management-route.ts";
import type { Given } from "./page-terminal.ts";
import { showActive } from "./profile-json.ts";
import type { Route } from "./server.ts";

export function loginRoutes(state: ManagementState): readonly Route[] {
  return [
    managementRoute("/auth", { POST: async (request) => give(await readCredentials(request), state) }),
    managementRoute("/mfa", { POST: async (request) => give(await readCode(request), state) }),
    managementRoute("/answer", { POST: async (request) => give(await readAnswer(request), state) }),
    managementRoute("/cancel", { POST: async () => cancel(state) }),
    managementRoute("/refresh", { POST: async () => refresh(state) }),
  ];
}

async function readCredentials(request: LocalRequest): Promise<Given> {
  const form = await readForm(request, ["username", "password", "question"]);
  const password = form.get("password");
  if (password === undefined) throw new Refusal(400, "bad-request", "the form has no password");
  return { kind: "credentials", to: form.get("question"), username: form.get("username") ?? "", password: new Secret(password) };
}

async function readCode(request: LocalRequest): Promise<Given> {
  const form = await readForm(request, ["mfa", "question"]);
  const code = form.get("mfa");
  if (code === undefined) throw new Refusal(400, "bad-request", "the form has no mfa");
  return { kind: "code", to: form.get("question"), text: new Secret(code) };
}

async function readAnswer(request: LocalRequest): Promise<Given> {
  const { question: to, ...rest }: Readonly<Record<string, unknown>> = { ...(await readJson(request)) };
  const [[name, value] = [], ...others] = Object.entries(rest);
  if (typeof to === "string" && others.length === 0) {
    if (name === "answer" && typeof value === "string" && !hasControl(value)) return { kind: "line", to, text: new Secret(value) };
    if (name === "choice" && typeof value === "number") return { kind: "choice", to, index: value };
  }
  throw new Refusal(400, "bad-request", 'the body is {"question": its id} with "answer", a line of text, or "choice", a number');
}

async function give(given: Given, state: ManagementState): Promise<LocalResponse> {
  const login = state.desk.current;
  if (login === undefined) return failure(409, "no-login", "no login waits for an answer");
  const objection = login.terminal.answer(given);
  if (objection !== undefined) return failure(409, "not-asked", objection);
  return answerProgress(login, state);
}

async function cancel({ desk }: ManagementState): Promise<LocalResponse> {
  const isCancelled = desk.current !== undefined;
  desk.cancel();
  return respond(200, { cancelled: isCancelled });
}

async function refresh(state: ManagementState): Promise<LocalResponse> {
  const { name } = state.active;
  if (name === undefined) return showActive(state);
  const profile = name === state.custom?.name ? state.custom.profile : undefined;
  const login = state.desk.begin({ name, profile, refresh: true, onDone: () => {} });
  return answerProgress(login, state);
}
