/**
 * The container-credentials paths of a server: `/credentials` for the active profile, `/credentials/PROFILE` for any other, which leaves the
 * active one as it is. PROFILE is percent-encoded where it has to be; a role's ARN is one too.
 */

import type { Credentials } from "../../credentials/credentials.ts";
import type { Log } from "../../world.ts";
import { credentialsBody, failure, respond } from "../answers.ts";
import { type Complaints, createComplaints } from "../complaints.ts";
import type { Answer, LocalResponse } from "../listen.ts";
import type { Active } from "./active.ts";
import type { Pool } from "./pool.ts";
import type { Route } from "./server.ts";

export interface CredentialSource {
  readonly pool: Pool;
  readonly active: Active;
  readonly log: Log;
  /** Told of each failure. */
  readonly failed?: ((name: string, error: unknown) => void) | undefined;
}

export function credentialRoutes(source: CredentialSource): readonly Route[] {
  const told = { ...source, complaints: createComplaints(source.log) };
  const common = { audience: "program", needsToken: true, methods: ["GET"] } as const;
  return [
    { ...common, path: "/credentials", answer: () => answerFor(source.active.name, told) },
    { ...common, path: "/credentials/", answer: (_, rest) => answerNamed(rest, told) },
  ];
}

type Told = CredentialSource & { readonly complaints: Complaints };

function answerNamed(rest: string, source: Told): Answer {
  const name = decoded(rest);
  return name === undefined || name === "" ? failure(404, "not-found", "no profile is named") : answerFor(name, source);
}

function answerFor(name: string | undefined, source: Told): Answer {
  if (name === undefined) return failure(404, "no-profile", "no profile is active: name one, or start the server with one");
  const found = source.pool.atHand(name);
  return found === undefined ? answerLater(name, source) : answerWith(found, name, source);
}

async function answerLater(name: string, source: Told): Promise<LocalResponse> {
  const { pool, complaints, failed } = source;
  try {
    return answerWith(await pool.credentials(name), name, source);
  } catch (error) {
    failed?.(name, error);
    return complaints.missing(name, error);
  }
}

const answers = new WeakMap<Credentials, LocalResponse>();

/** Made once for each set of credentials, new ones of which end what was complained of. */
function answerWith(credentials: Credentials, name: string, { complaints }: Told): LocalResponse {
  const found = answers.get(credentials);
  if (found !== undefined) return found;
  complaints.given(name);
  const answer = respond(200, credentialsBody(credentials));
  answers.set(credentials, answer);
  return answer;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
