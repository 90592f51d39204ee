/** All that a page shows, in one answer that it asks for again and again. Nothing is begun by it but what goes on in the background anyway. */

import { parseRoleArn } from "../../aws/partition.ts";
import type { Profile } from "../../config/profile.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { userOf } from "../../credentials/identity.ts";
import { respond, wholeSeconds } from "../answers.ts";
import { loginJson } from "./login-answers.ts";
import { managementRoute, type ManagementState, reasonJson } from "./management-route.ts";
import { targetOf } from "./profile-json.ts";
import type { Route } from "./server.ts";

export function stateRoutes(state: ManagementState): readonly Route[] {
  return [managementRoute("/state", { GET: async () => respond(200, await stateJson(state)) })];
}

async function stateJson(state: ManagementState): Promise<object> {
  const { desk, recent } = state;
  const { active, problem } = await activeJson(state);
  const login = desk.current;
  return {
    active,
    login: login === undefined ? null : loginJson(login),
    problem: login === undefined ? problemJson(desk.problem ?? problem) : null,
    requests: recent
      .list()
      .map(({ at, method, path, status, client }) => ({ at: wholeSeconds(new Date(at)), method, path, status, client })),
  };
}

/** With why it has no credentials, where that is so. */
async function activeJson(state: ManagementState): Promise<{ active: object | null; problem: unknown }> {
  const { active, pool } = state;
  if (active.name === undefined) return { active: null, problem: undefined };
  const member = pool.peek(active.name);
  try {
    const profile = member?.profile ?? targetOf(active.name, state).profile;
    // Those at hand may have been renewed since; what was never got is not begun here.
    const credentials = member?.credentials && (await pool.credentials(active.name));
    return { active: describe(active.name, profile, { credentials, state }), problem: member?.problem };
  } catch (problem) {
    return { active: describe(active.name, member?.profile, { credentials: member?.credentials, state }), problem };
  }
}

function describe(
  name: string,
  profile: Profile | undefined,
  { credentials, state }: { credentials: Credentials | undefined; state: ManagementState },
): object {
  const arn = credentials?.assumedRoleArn;
  const role = profile?.roleArn?.value;
  return {
    name,
    kind: profile?.login.kind ?? null,
    account: parseRoleArn(arn ?? role ?? "").account || null,
    role: role ?? null,
    arn: arn ?? null,
    user: arn === undefined ? null : userOf(arn),
    region: profile?.region?.value ?? null,
    issuedAt: credentials === undefined ? null : wholeSeconds(credentials.issuedAt),
    expiresAt: credentials === undefined ? null : wholeSeconds(credentials.expiresAt),
    now: wholeSeconds(new Date(state.tools.clock.now())),
  };
}

function problemJson(error: unknown): object | null {
  return error === undefined ? null : reasonJson(error);
}
