/** What the routes of the management API have in common: what they know, who may ask, and how a failure is answered. */

import type { FlagSettings } from "../../config/attributes.ts";
import type { Target } from "../../config/resolve.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { ConfigError } from "../../errors.ts";
import { failure, readableReason, respond } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import type { Active } from "./active.ts";
import { Refusal } from "./bodies.ts";
import type { LoginDesk } from "./login-desk.ts";
import type { PageSessions } from "./page-sessions.ts";
import type { Pool } from "./pool.ts";
import type { Recent } from "./recent.ts";
import type { Route } from "./server.ts";

export interface ManagementOptions {
  readonly pool: Pool;
  readonly active: Active;
  readonly tools: CredentialTools;
  readonly settings: FlagSettings;
}

/** What its routes share. */
export interface ManagementState extends ManagementOptions {
  readonly desk: LoginDesk;
  readonly recent: Recent;
  readonly sessions: PageSessions;
  /** Settings that were tried, and are saved nowhere. */
  custom: Target | undefined;
}

type Answer = (request: LocalRequest) => Promise<LocalResponse>;

/** A route of it, by method. */
export function managementRoute(path: string, answers: Readonly<Record<string, Answer>>): Route {
  return {
    path,
    audience: "own",
    needsToken: true,
    methods: Object.keys(answers),
    answer: async (request) => {
      try {
        return await (answers[request.method] ?? refuseMethod)(request);
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

/** The configuration's faults are the caller's to mend; what AWS or a provider refuses is 403. */
export function failureOf(error: unknown): LocalResponse {
  if (error instanceof Refusal) return error.response;
  return respond(error instanceof ConfigError ? configStatus(error) : readableReason(error).status, reasonJson(error));
}

/** The hint is apart, as whoever shows it has room for it. */
export function reasonJson(error: unknown): object {
  const { code, message, hint } = readableReason(error);
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

function configStatus({ code }: ConfigError): number {
  if (code === "profile-not-found") return 404;
  return code === "config-conflict" ? 409 : 400;
}

async function refuseMethod(): Promise<LocalResponse> {
  return failure(405, "method-not-allowed", "this method is not answered here");
}
