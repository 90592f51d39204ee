/**
 * `aws-runas serve ecs|ec2 [PROFILE]`: hands out credentials until it is ended, to whoever knows how to ask.
 *
 * The profile's own login comes first, on the terminal; from then on nobody is asked there.
 */

import { UsageError } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";

/** Resolves with 0 when it is ended by a signal; throws every error there is. */
export async function runServe(request: CommandRequest, world: World): Promise<number> {
  const [what, ...words] = request.words;
  const rest = { ...request, words };
  switch (what) {
    case "ecs":
      if (request.switches.has("imds-v1")) throw new UsageError("the flag --imds-v1 is for serve ec2");
      return (await import("./serve-ecs.ts")).serveEcs(rest, world);
    case "ec2":
      return (await import("./serve-ec2.ts")).serveEc2(rest, world);
    default:
      throw new UsageError(what === undefined ? "serve what?" : "serve does not know this word", {
        hint: "aws-runas serve ecs|ec2 [PROFILE]",
      });
  }
}
