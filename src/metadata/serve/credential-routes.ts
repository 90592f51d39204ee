/**
 * The container-credentials paths of a server: `/credentials` for the active profile, `/credentials/PROFILE` for any other, which leaves the
 * active one as it is. PROFILE is percent-encoded where it has to be; a role's ARN is one too.
 */

import type { Credentials } from "../../credentials/credentials.ts";
import type { Log } from "../../world.ts";
import { credentialsBody, failure, readableReason, respondText } from "../answers.ts";
import type { LocalResponse } from "../listen.ts";
import type { Active } from "./active.ts";
import type { Pool } from "./pool.ts";
import type { Route } from "./server.ts";

export interface CredentialSource {
  readonly pool: Pool;
  readonly active: Active;
  readonly log: Log;
}

export function credentialRoutes(source: CredentialSource): readonly Route[] {
  const common = { audience: "program", needsToken: true, methods: ["GET"] } as const;
  return [
    { ...common, path: "/credentials", answer: () => answerFor(source.active.name, source) },
    { ...common, path: "/credentials/", answer: async (_, rest) => answerNamed(rest, source) },
  ];
}

async function answerNamed(rest: string, source: CredentialSource): Promise<LocalResponse> {
  const name = decoded(rest);
  return name === undefined || name === "" ? failure(404, "not-found", "no profile is named") : answerFor(name, source);
}

/** Most SDKs show no reason for a failure, so it is said on stderr too. */
async function answerFor(name: string | undefined, { pool, log }: CredentialSource): Promise<LocalResponse> {
  if (name === undefined)
    return failure(404, "no-profile", "no profile is active: name one when the server starts, or choose one on its page");
  try {
    return respondText(200, bodyOf(await pool.credentials(name)));
  } catch (error) {
    const { status, code, message } = readableReason(error);
    log.debug(`no credentials for ${name}: ${message}`);
    return failure(status, code, message);
  }
}

const bodies = new WeakMap<Credentials, string>();

/** Made once for each set of credentials. */
function bodyOf(credentials: Credentials): string {
  const body = bodies.get(credentials) ?? JSON.stringify(credentialsBody(credentials));
  bodies.set(credentials, body);
  return body;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
