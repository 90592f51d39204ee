/**
 * `aws-runas serve ec2 [PROFILE]`: an EC2 instance metadata service for programs that know no other way to credentials.
 *
 * With -p it is at a port of 127.0.0.1, and a variable leads to it. Without, at 169.254.169.254, where every SDK looks by itself: that takes
 * root for the address and port 80, and for nothing else. Files are read and people asked after root was given up.
 */

import { UsageError } from "../../errors.ts";
import { withPortOf } from "../../metadata/serve/access.ts";
import type { Active } from "../../metadata/serve/active.ts";
import { addressCommands, IMDS_ADDRESS, placeAddress } from "../../metadata/serve/imds-address.ts";
import { imdsRoutes } from "../../metadata/serve/imds-routes.ts";
import { createImdsTokens } from "../../metadata/serve/imds-tokens.ts";
import { becomeUser, type User, userToBecome } from "../../metadata/serve/imds-user.ts";
import type { Listener } from "../../metadata/listen.ts";
import type { Pool } from "../../metadata/serve/pool.ts";
import { startServer } from "../../metadata/serve/server.ts";
import { createTokens } from "../../metadata/serve/tokens.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { untilEnded } from "../until-ended.ts";
import { type Asking, type AskingSource, whoAsks } from "./serve-asks.ts";
import { firstProfile, type Place, placeError, portOf, servedPool } from "./serve-profile.ts";

const LOOPBACK = "127.0.0.1";
const IMDS_PORT = 80;
/** Names under which requests may come. */
const HOSTS = [LOOPBACK, "localhost", "[::1]", IMDS_ADDRESS];

export async function serveEc2(request: CommandRequest, world: World): Promise<number> {
  for (const name of ["listen", "allow-host", "token-file"]) {
    if (request.values.has(name)) throw new UsageError(`the flag --${name} is for serve ecs`);
  }
  const port = request.values.get("port");
  return port === undefined ? serveAtAddress(request, world) : serveAtPort(request, portOf(port), world);
}

async function serveAtPort(request: CommandRequest, port: number, world: World): Promise<number> {
  const name = firstProfile(request, world);
  const { pool, tools } = servedPool(request, world);
  if (name !== undefined) await pool.open(name, tools, { refresh: request.refresh });
  const place = { host: LOOPBACK, port };
  const server = await startImds(place, { active: { name }, pool, tools, request }, world);
  // Without a slash at its end: the SDK for Java would ask for two in a row.
  world.stdout.write(`export AWS_EC2_METADATA_SERVICE_ENDPOINT='http://${server.authority}'\n`);
  world.log.info("the line on stdout is for the shell whose programs are to find it");
  return serveUntilEnded(server, pool, world, async () => name);
}

/** Answers that there is no profile until somebody has logged in. */
async function serveAtAddress(request: CommandRequest, outer: World): Promise<number> {
  const commands = addressCommands(outer.platform);
  if (outer.process.getuid?.() !== 0) {
    throw new UsageError(`${IMDS_ADDRESS} and its port 80 take root`, { hint: "start it by sudo, or take a port: -p PORT" });
  }
  const user = userToBecome(outer.env, outer.homeDir);
  const world = user === undefined ? outer : worldOf(user, outer);
  const address = await placeAddress(commands);
  try {
    const { pool, tools } = servedPool(request, world);
    const active: Active = { name: undefined };
    const server = await startImds({ host: IMDS_ADDRESS, port: IMDS_PORT }, { active, pool, tools, request }, world);
    if (user !== undefined) becomeUser(user, world.process);
    world.log.info(asWhom(user));
    if (address.wasThere) world.log.warn(`${IMDS_ADDRESS} was there already, and stays: ${commands.remove.join(" ")} removes it`);
    return await serveUntilEnded(server, pool, world, async () => {
      const name = firstProfile(request, world);
      if (name !== undefined) await pool.open(name, tools, { refresh: request.refresh });
      return (active.name = name);
    });
  } finally {
    await address.end();
  }
}

function asWhom(user: User | undefined): string {
  if (user === undefined) return "going on as root, as HOME is root's and nobody came by sudo";
  return `going on as ${user.name ?? `user ${user.uid}`}, with what is in ${user.homeDir}; root was given up`;
}

/** The environment is changed in place: terminal and browser have the same, and the SDK looks at the runtime's. */
function worldOf({ name, homeDir }: User, world: World): World {
  const own = { HOME: homeDir, ...(name === undefined ? {} : { USER: name, LOGNAME: name }) };
  Object.assign(world.env, own);
  if (world.process.env !== undefined) Object.assign(world.process.env, own);
  return { ...world, homeDir };
}

async function startImds(place: Place, source: AskingSource, world: World): Promise<Listener> {
  const { active, pool, request } = source;
  const { clock, log, stderr } = world;
  const allowsV1 = request.switches.has("imds-v1");
  if (allowsV1)
    log.warn("requests without a session's token are answered: a program that fetches others' addresses can be made to read credentials");
  const asking = whoAsks(source, world);
  const tokens = createTokens(clock); // metadata clients cannot send one; who manages the server can
  try {
    const server = await startServer({
      ...place,
      routes: [...imdsRoutes({ active, pool, log, sessions: createImdsTokens(clock), allowsV1, failed: asking.failed }), ...asking.routes],
      access: (authority) => ({ hosts: new Set(withPortOf(authority, HOSTS)), tokens, isLocalOnly: true }),
      note: asking.note,
      now: () => clock.now(),
    });
    if (asking.hasPage) stderr.write(pageLines(server.authority, tokens.current.reveal()));
    return endingLogin(server, asking);
  } catch (error) {
    throw placeError(place, error);
  }
}

/** Not for the log, which holds no secret. */
function pageLines(authority: string, token: string): string {
  return `aws-runas: the token for its management API is ${token}\naws-runas: its page is http://${authority}/#${token}\n`;
}

function endingLogin(server: Listener, asking: Asking): Listener {
  return {
    ...server,
    close: () => {
      asking.close();
      return server.close();
    },
  };
}

/** @param begin gives the profile that is served, once it can be */
async function serveUntilEnded(server: Listener, pool: Pool, world: World, begin: () => Promise<string | undefined>): Promise<number> {
  try {
    const name = await begin();
    world.log.info(`serving ${name ?? "no profile yet"} at http://${server.authority.replace(/:80$/, "")}/ until it is ended`);
    await untilEnded(world);
    return 0;
  } finally {
    pool.close();
    await server.close();
  }
}
