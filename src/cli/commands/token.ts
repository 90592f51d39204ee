/** `aws-runas token PROFILE`: the id token's claims, or the token itself; logs in where none is at hand. */

import { forgetTarget, getToken } from "../../credentials/session.ts";
import { InternalError } from "../../errors.ts";
import { decodeClaims } from "../../login/claims.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { commandTarget } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";
import { asJson } from "../json.ts";

/** Resolves with 0; throws every error there is. */
export async function runToken(request: CommandRequest, world: World): Promise<number> {
  const target = commandTarget(request, world, "token PROFILE");
  const tools = { ...world, store: openStore(world) };
  const hasTokens = target.login.kind === "oidc" || target.login.kind === "token";
  if (request.refresh && hasTokens) await forgetTarget(target, tools);
  const { raw } = await getToken(target, tools);
  world.stdout.write(request.switches.has("raw") ? `${raw.reveal()}\n` : claimsText(raw.reveal()));
  return 0;
}

function claimsText(jwt: string): string {
  const claims = decodeClaims(jwt);
  if (claims === undefined) throw new InternalError("an id token passed every check and is no JWT");
  return asJson(claims);
}
