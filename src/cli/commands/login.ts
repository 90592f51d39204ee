/** `aws-runas login PROFILE`: logs in now, and gets the credentials too where the profile has a role. What is still good is not asked for again. */

import { forgetTarget, type LoggedIn, logInNow } from "../../credentials/session.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { forgetRefusal } from "../../login/forms/refused-password.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { commandTarget } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";
import { expiryText } from "../expiry.ts";
import { describeCredentials } from "../login-text.ts";

/** Resolves with 0; says on stderr for whom and until when. Throws every error there is. */
export async function runLogin(request: CommandRequest, world: World): Promise<number> {
  const target = commandTarget(request, world, "login PROFILE");
  const tools: CredentialTools = { ...world, store: openStore(world) };
  if (world.terminal.isAvailable) await forgetRefusal(target.login, tools.store); // a person may know better
  if (request.refresh || request.switches.has("force")) await forgetTarget(target, tools);
  tell(await logInNow(target, tools), target.name, world);
  return 0;
}

function tell({ token, credentials }: LoggedIn, name: string, { log, clock }: World): void {
  const until = (date: Date) => `until ${expiryText(date, clock.now())}`;
  if (token !== undefined)
    log.info(`${name} is logged in as ${token.user} at ${token.issuer}; the id token is good ${until(token.expiresAt)}`);
  if (credentials !== undefined) log.info(`the credentials are ${describeCredentials(credentials)}, ${until(credentials.expiresAt)}`);
}
