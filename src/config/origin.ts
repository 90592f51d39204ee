/** Where a value came from, as a person would look for it. */

import type { Origin } from "./profile.ts";

/** "role_arn in [profile dev] (~/.aws/config, line 12)", "the environment variable MFA_TYPE", "the flag -J". */
export function describeOrigin(origin: Origin): string {
  switch (origin.layer) {
    case "environment":
      return `the environment variable ${origin.variable}`;
    case "flag":
      return `the flag ${origin.flag}`;
    case "argument":
      return "the role ARN given as profile";
    case "built-in":
      return "the default";
    default:
      return `${origin.key} in [${origin.section}] (${origin.file}, line ${origin.line})`;
  }
}
