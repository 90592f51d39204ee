/** An id token from an environment variable that the profile names: how GitLab hands a job the tokens that its `id_tokens` ask for. */

import { describeOrigin } from "../../config/origin.ts";
import type { Setting } from "../../config/profile.ts";
import type { Environment } from "../../world.ts";
import { sourceError } from "./source-error.ts";

/** The variable's text without blanks around it. @throws LoginError `token-unavailable` */
export function readTokenVariable({ value: name, origin }: Setting<string>, env: Environment): string {
  const token = env[name]?.trim();
  if (token !== undefined && token !== "") return token;
  throw sourceError(`${describeOrigin(origin)}: the environment variable ${name} is ${token === undefined ? "not set" : "empty"}`, {
    hint: `a GitLab job gets it by \`id_tokens: { ${name}: { aud: … } }\`; a command that aws-runas runs does not see it`,
  });
}
