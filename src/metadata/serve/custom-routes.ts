/** `/profile/custom`: settings that are tried without being saved (POST), or saved as a new profile without being tried (PUT). */

import { respond } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import { readForm, Refusal } from "./bodies.ts";
import { CUSTOM_FIELDS, customTarget, saveCustom, type CustomForm } from "./custom-profile.ts";
import { activate, answerProgress } from "./login-answers.ts";
import { managementRoute, type ManagementState } from "./management-route.ts";
import { profileJson } from "./profile-json.ts";
import type { Route } from "./server.ts";

/** What the settings are called while they have no name; a section cannot be called so. */
const UNSAVED = "(custom)";

export function customRoutes(state: ManagementState): readonly Route[] {
  return [
    managementRoute("/profile/custom", {
      POST: async (request) => tryCustom(request, state),
      PUT: async (request) => save(request, state),
    }),
  ];
}

async function tryCustom(request: LocalRequest, state: ManagementState): Promise<LocalResponse> {
  const target = customTarget({ name: UNSAVED, form: await readCustom(request) }, state);
  const onDone = () => {
    state.custom = target;
    activate(UNSAVED, state);
  };
  const login = state.desk.begin({ name: UNSAVED, profile: target.profile, refresh: false, onDone });
  return answerProgress(login, state);
}

async function save(request: LocalRequest, state: ManagementState): Promise<LocalResponse> {
  const { "profile-name": name, ...form } = await readCustom(request);
  if (name === undefined) throw new Refusal(400, "bad-request", "the form has no profile-name");
  if (!/^[^\s\p{C}[\]"'#;=\\]{1,128}$/u.test(name)) {
    throw new Refusal(400, "bad-request", "a profile's name has no blanks, quotes, brackets or other signs of an ini file");
  }
  return respond(200, profileJson(await saveCustom({ name, form }, state)));
}

/** A password may begin or end with a blank. */
async function readCustom(request: LocalRequest): Promise<CustomForm> {
  const form = await readForm(request, [...CUSTOM_FIELDS, "profile-name"]);
  return Object.fromEntries([...form].map(([name, value]) => [name, name === "password" ? value : value.trim()]));
}
