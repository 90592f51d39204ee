/**
 * `aws-runas console [PROFILE]`: the AWS console with the profile's credentials, opened in a browser, or its address printed.
 *
 * The address is as good as the credentials for 15 minutes, so no program gets it as an argument: the browser is sent there by a page of
 * our own, once.
 */

import { parseRoleArn, partitionOfRegion } from "../../aws/partition.ts";
import { durationOf } from "../../config/duration.ts";
import { loadFiles } from "../../config/files.ts";
import type { Profile } from "../../config/profile.ts";
import { resolveProfile } from "../../config/resolve.ts";
import { checkRegion } from "../../config/values.ts";
import { type ConsoleKeys, consoleKeys, refuseDuration } from "../../credentials/console-keys.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { ConfigError, PersonNeededError, UsageError } from "../../errors.ts";
import { redirectOnce } from "../../metadata/one-time-redirect.ts";
import { openStore } from "../../store/store.ts";
import type { BrowserChoice, World } from "../../world.ts";
import { commandProfile } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";

/** Resolves with 0; throws every error there is. */
export async function runConsole(request: CommandRequest, world: World): Promise<number> {
  const { words, switches, settings, refresh } = request;
  const name = commandProfile(words, world.env, "aws-runas console [PROFILE]");
  const profile = resolveProfile({ name, files: loadFiles(world.env, world.homeDir), env: world.env, flags: settings });
  const wanted = readWanted(request, profile, world);
  const choice = browserChoice(request, name);
  if (!switches.has("print") && !world.browser.isAvailable) throw noBrowser("there is no browser to show the console in", name);
  for (const warning of profile.warnings) world.log.warn(warning);
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const keys = await consoleKeys({ profile, refresh, askedSeconds: wanted.durationSeconds }, tools);
  const url = await urlFor(wanted, keys, world);
  if (switches.has("print")) world.stdout.write(`${url.href}\n`);
  else await open(url, name, choice, world);
  return 0;
}

interface Wanted {
  readonly region: string | undefined;
  /** By --region. */
  readonly isRegionAsked: boolean;
  readonly service: string | undefined;
  readonly durationSeconds: number | undefined;
  /** Instead of AWS's own. */
  readonly endpoint: URL | undefined;
}

/** @throws UsageError and ConfigError before anybody logs in */
function readWanted({ values }: CommandRequest, profile: Profile, { env }: World): Wanted {
  const service = values.get("service");
  if (service !== undefined && !/^[a-z0-9][a-z0-9-]{0,63}$/i.test(service))
    throw new UsageError("the flag --service takes a name such as s3");
  const flag = values.get("region");
  const asked = flag === undefined ? undefined : checkRegion({ value: flag, origin: { layer: "flag", flag: "--region" } }).value;
  const duration = values.get("duration");
  if (duration !== undefined) refuseDuration(profile);
  const wanted = {
    service,
    region: asked ?? profile.region?.value,
    isRegionAsked: asked !== undefined,
    durationSeconds: duration === undefined ? undefined : secondsOf(duration),
    endpoint: readEndpoint(env["AWS_ENDPOINT_URL_SIGNIN"]),
  };
  if (profile.roleArn !== undefined) regionIn(parseRoleArn(profile.roleArn.value).partition, wanted);
  return wanted;
}

function readEndpoint(text: string | undefined): URL | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new ConfigError("config-value", "the environment variable AWS_ENDPOINT_URL_SIGNIN is no URL", { hint: "expected: https://…" });
}

function secondsOf(text: string): number {
  const seconds = durationOf({ value: text, origin: { layer: "flag", flag: "--duration" } });
  if (seconds < 900 || seconds > 43_200) throw new UsageError("the flag --duration takes 15m to 12h");
  return seconds;
}

async function urlFor(wanted: Wanted, credentials: ConsoleKeys, world: World): Promise<URL> {
  const [{ consoleUrl }, { createHttp }] = await Promise.all([import("../../aws/console.ts"), import("../../http/client.ts")]);
  const { partition } = parseRoleArn(credentials.arn);
  return consoleUrl({ ...wanted, region: regionIn(partition, wanted), partition, credentials }, createHttp(world));
}

/** A console's host is of one region and its partition: the profile's region counts where it is there, the flag's must be. */
function regionIn(partition: string, { region, isRegionAsked }: Wanted): string | undefined {
  if (region === undefined || partitionOfRegion(region) === partition) return region;
  if (!isRegionAsked) return undefined;
  throw new UsageError(`the region ${region} is not in the partition of the credentials, ${partition}`, {
    hint: "--region takes one that is",
  });
}

function browserChoice({ switches, values }: CommandRequest, name: string): BrowserChoice | undefined {
  const chromeProfile = values.get("chrome-profile");
  const hasContainer = switches.has("firefox-container");
  if (hasContainer && chromeProfile !== undefined) throw new UsageError("--firefox-container and --chrome-profile exclude each other");
  if (hasContainer) return { kind: "firefox-container", name };
  return chromeProfile === undefined ? undefined : { kind: "chrome-profile", name: chromeProfile };
}

async function open(url: URL, name: string, choice: BrowserChoice | undefined, { browser, clock, log }: World): Promise<void> {
  const redirect = await redirectOnce(url, clock);
  const isOpen = await browser.open(redirect.url, choice);
  if (isOpen) log.info(`opening the console of ${name}`);
  if (isOpen && (await redirect.used)) return;
  throw noBrowser(isOpen ? "no browser came to be sent to the console" : "the browser cannot be started", name);
}

function noBrowser(problem: string, name: string): PersonNeededError {
  return new PersonNeededError(problem, {
    hint: `aws-runas console --print ${name} prints its address, which is as good as the credentials for 15 minutes`,
  });
}
