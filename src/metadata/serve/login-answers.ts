/** How far a login came → the answer to a request that began it or went on with it. */

import { printable } from "../../errors.ts";
import { respond } from "../answers.ts";
import type { LocalResponse } from "../listen.ts";
import type { DeskLogin } from "./login-desk.ts";
import { failureOf, type ManagementState } from "./management-route.ts";
import type { Question } from "./page-terminal.ts";
import { profileJson, targetOf } from "./profile-json.ts";

const AUTHENTICATION_TYPE = "X-AwsRunas-Authentication-Type";

/** From now on this one is handed out where none is named. */
export function activate(name: string, { active, tools }: ManagementState): void {
  active.name = name;
  tools.log.info(`serving ${printable(name)} from now on`);
}

/** How far the login came. */
export async function answerProgress(login: DeskLogin, state: ManagementState): Promise<LocalResponse> {
  const progress = await login.progress();
  switch (progress.kind) {
    case "done":
      return respond(200, profileJson(targetOf(login.order.name, state)));
    case "failed":
      return failureOf(progress.error);
    case "asks":
      return demand(progress.question);
    case "goes-on":
      return respond(202, loginJson(login));
  }
}

/** As the page shows it. */
export function loginJson({ order, terminal }: DeskLogin): object {
  return { profile: order.name, question: terminal.question ?? null, ...terminal.shown };
}

/** 401 without its WWW-Authenticate, as the Go tool's clients know it. */
function demand(question: Question): LocalResponse {
  if (question.kind === "credentials") return respond(401, { username: question.username ?? "" }, { [AUTHENTICATION_TYPE]: "AUTH" });
  if (question.isCode === true) return respond(401, {}, { [AUTHENTICATION_TYPE]: "MFA" });
  return respond(401, question, { [AUTHENTICATION_TYPE]: "ASK" });
}
