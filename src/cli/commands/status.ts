/** `aws-runas status [PROFILE]`: what is kept, for whom and for how long. Nobody is asked, nothing is requested, no secret is shown. */

import { loadFiles } from "../../config/files.ts";
import type { Login } from "../../config/profile.ts";
import { resolveTarget } from "../../config/resolve.ts";
import type { Target } from "../../config/resolve.ts";
import { indexFiles, profileNames } from "../../config/sections.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { readStatus, type Status } from "../../credentials/status.ts";
import type { Assertion } from "../../login/saml/assertion.ts";
import { messageOf, printable, UsageError } from "../../errors.ts";
import { snapshot } from "../../store/snapshot.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { commandTarget } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";
import { expiryText } from "../expiry.ts";
import { asJson } from "../json.ts";
import { describeCredentials, describeLogin } from "../login-text.ts";

interface Report {
  readonly target: Target;
  readonly status: Status;
}

/** Resolves with 0 when the profile is usable without a login, else with 1; with 0 for all profiles together. */
export async function runStatus(request: CommandRequest, world: World): Promise<number> {
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const { words, switches } = request;
  if (switches.has("all") && words.length > 0) throw new UsageError("--all is for every profile: none can follow");
  const isOne = !switches.has("all") && (words.length > 0 || Boolean(world.env["AWS_PROFILE"] || world.env["AWS_DEFAULT_PROFILE"]));
  if (!isOne) return showAll(request, world, { ...tools, store: snapshot(tools.store) });
  const target = commandTarget(request, world, "status [PROFILE]");
  const report = { target, status: await readStatus(target, tools) };
  world.stdout.write(switches.has("json") ? asJson(asObject(report, world)) : asText(report, world));
  return report.status.isUsable ? 0 : 1;
}

async function showAll({ switches, settings }: CommandRequest, world: World, tools: CredentialTools): Promise<number> {
  const files = indexFiles(loadFiles(world.env, world.homeDir));
  const kept: Report[] = [];
  for (const name of profileNames(files)) {
    try {
      const target = resolveTarget({ name, files, env: world.env, flags: settings });
      const status = await readStatus(target, tools);
      if (status.isKept) kept.push({ target, status });
    } catch (error) {
      world.log.debug(`${name} is passed over: ${messageOf(error)}`);
    }
  }
  if (switches.has("json")) world.stdout.write(asJson(kept.map((report) => asObject(report, world))));
  else if (kept.length === 0) world.log.info("nothing is kept for any profile");
  else world.stdout.write(kept.map((report) => asText(report, world)).join("\n"));
  return 0;
}

function asObject({ target, status }: Report, { clock }: World): object {
  const { credentials, token, assertion } = status;
  const secondsLeft = (date: Date) => Math.max(0, Math.floor((date.getTime() - clock.now()) / 1000));
  return {
    profile: target.name,
    role: target.profile?.roleArn?.value ?? null,
    login: describeLogin(target.login),
    usable: status.isUsable,
    credentials: credentials
      ? { arn: credentials.assumedRoleArn ?? null, expiresAt: credentials.expiresAt, secondsLeft: secondsLeft(credentials.expiresAt) }
      : null,
    token: token
      ? {
          user: token.user,
          issuer: token.issuer,
          subject: token.subject,
          audience: token.audience,
          expiresAt: token.expiresAt,
          secondsLeft: secondsLeft(token.expiresAt),
        }
      : null,
    ...(target.login.kind === "saml" ? { assertion: assertion ? assertionObject(assertion, secondsLeft) : null } : {}),
    session: status.hasSession,
    refreshToken: status.hasRefreshToken,
    ...(status.problem === undefined ? {} : { problem: status.problem }),
  };
}

function assertionObject({ user, issuer, roles, expiresAt }: Assertion, secondsLeft: (date: Date) => number): object {
  return { user, issuer, roles: roles.map(({ roleArn }) => roleArn), expiresAt, secondsLeft: secondsLeft(expiresAt) };
}

function asText({ target, status }: Report, { clock }: World): string {
  const { credentials, isUsable } = status;
  const until = (date: Date) => `until ${expiryText(date, clock.now())}`;
  const rows = [
    `${target.name}: ${isUsable ? "usable now" : "needs a login"}, at ${describeLogin(target.login)}`,
    `  credentials  ${credentials ? `${describeCredentials(credentials)}, ${until(credentials.expiresAt)}` : "none"}`,
    ...proofLines(target.login, status, until),
    ...(target.login.kind !== "token" ? lastingLines(status) : []),
  ];
  return rows.map((row) => `${printable(row)}\n`).join("");
}

function proofLines({ kind }: Login, { token, assertion, problem }: Status, until: (date: Date) => string): readonly string[] {
  if (kind === "iam") return [];
  if (kind === "saml") return [`  assertion    ${assertion ? `for ${assertion.user}, ${until(assertion.expiresAt)}` : "none"}`];
  return [`  id token     ${token ? `for ${token.user}, ${until(token.expiresAt)}` : (problem ?? "none")}`];
}

function lastingLines({ hasSession, hasRefreshToken }: Status): readonly string[] {
  const session = `  session      ${hasSession ? "kept" : "none"}`;
  return hasRefreshToken ? [session, "  refresh      token kept"] : [session];
}
