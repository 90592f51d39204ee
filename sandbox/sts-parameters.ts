/** What AssumeRole, AssumeRoleWithWebIdentity and AssumeRoleWithSAML have in common, held to the bounds that STS states, in its words. */

import { Refusal } from "./sts-answers.ts";

export interface AssumeRoleParameters {
  readonly roleArn: string;
  readonly roleSessionName: string;
  /** 900–43200; 3600 when none was asked for. */
  readonly durationSeconds: number;
}

/** @throws Refusal ValidationError, naming every parameter that is out of bounds */
export function readAssumeRoleParameters(form: URLSearchParams): AssumeRoleParameters {
  const parameters = {
    roleArn: form.get("RoleArn") ?? "",
    roleSessionName: form.get("RoleSessionName") ?? "",
    durationSeconds: Number(form.get("DurationSeconds") ?? 3600),
  };
  const { roleArn, roleSessionName: name, durationSeconds: seconds } = parameters;
  const problems = [
    roleArn.length < 20 && problem("roleArn", roleArn, "Member must have length greater than or equal to 20"),
    name.length < 2 && problem("roleSessionName", name, "Member must have length greater than or equal to 2"),
    name.length > 64 && problem("roleSessionName", name, "Member must have length less than or equal to 64"),
    !/^[\w+=,.@-]*$/.test(name) && problem("roleSessionName", name, "Member must satisfy regular expression pattern: [\\w+=,.@-]*"),
    !(seconds >= 900) && problem("durationSeconds", seconds, "Member must have value greater than or equal to 900"),
    seconds > 43_200 && problem("durationSeconds", seconds, "Member must have value less than or equal to 43200"),
  ].filter((found) => found !== false);
  if (problems.length === 0) return parameters;
  const count = `${problems.length} validation error${problems.length === 1 ? "" : "s"} detected`;
  throw new Refusal("ValidationError", `${count}: ${problems.join("; ")}`);
}

function problem(name: string, value: string | number, constraint: string): string {
  return `Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`;
}
