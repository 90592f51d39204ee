/** The profiles there are, and the active one: looked at, and switched by a login that may ask. A switch that fails leaves the one before. */

import { findProfile, indexFiles, profileNames } from "../../config/sections.ts";
import { profileRow } from "../../credentials/profile-row.ts";
import { snapshot } from "../../store/snapshot.ts";
import { respond, wholeSeconds } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import { readLine } from "./bodies.ts";
import { activate, answerProgress } from "./login-answers.ts";
import { managementRoute, type ManagementState } from "./management-route.ts";
import { filesOf, showActive, targetOf } from "./profile-json.ts";
import type { Route } from "./server.ts";

/** Some milliseconds' worth. */
const ROWS_AT_A_TIME = 25;

export function profileRoutes(state: ManagementState): readonly Route[] {
  return [
    managementRoute("/list-profiles", { GET: async () => respond(200, await namesOf(state, false)) }),
    managementRoute("/list-roles", { GET: async () => respond(200, await namesOf(state, true)) }),
    managementRoute("/profiles", { GET: async () => respond(200, await listAll(state)) }),
    managementRoute("/profile", { GET: async () => showActive(state), POST: (request) => switchTo(request, state) }),
  ];
}

async function namesOf(state: ManagementState, withRole: boolean): Promise<readonly string[]> {
  const files = indexFiles(filesOf(state));
  const hasRole = (name: string) => findProfile(files, name)?.sections.some(({ values }) => values.has("role_arn")) === true;
  const names: string[] = [];
  for await (const name of inTurns(profileNames(files).toSorted())) if (hasRole(name) === withRole) names.push(name);
  return names;
}

async function listAll(state: ManagementState): Promise<readonly object[]> {
  const { settings } = state;
  const files = indexFiles(filesOf(state));
  const tools = { ...state.tools, store: snapshot(state.tools.store) };
  const rows: object[] = [];
  for await (const name of inTurns(profileNames(files).toSorted())) {
    const { profile, expiresAt, problem = null, ...row } = await profileRow(name, { files, settings }, tools);
    rows.push({ name: profile, ...row, expiresAt: expiresAt && wholeSeconds(expiresAt), problem });
  }
  return rows;
}

/** Thousands of profiles take longer than a client waits for its credentials: after a few, others have their turn. */
async function* inTurns(names: readonly string[]): AsyncGenerator<string> {
  for (const [index, name] of names.entries()) {
    if (index % ROWS_AT_A_TIME === 0) await othersTurn();
    yield name;
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function switchTo(request: LocalRequest, state: ManagementState): Promise<LocalResponse> {
  const name = await readLine(request);
  const target = targetOf(name, state); // an unknown one is refused before the login that is under way is ended for it
  const profile = name === state.custom?.name ? target.profile : undefined;
  const login = state.desk.begin({ name, profile, refresh: false, onDone: () => activate(name, state) });
  return answerProgress(login, state);
}
