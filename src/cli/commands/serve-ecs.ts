/** `aws-runas serve ecs [PROFILE]`: a container-credentials endpoint for any number of programs, on a port of this machine. */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { resolve as resolvePath } from "node:path";
import { UsageError } from "../../errors.ts";
import { shLine } from "../../exec/print.ts";
import type { Listener } from "../../metadata/listen.ts";
import { withPortOf } from "../../metadata/serve/access.ts";
import type { Active } from "../../metadata/serve/active.ts";
import { credentialRoutes } from "../../metadata/serve/credential-routes.ts";
import { type ServerOptions, startServer } from "../../metadata/serve/server.ts";
import { tokenFile } from "../../metadata/serve/token-file.ts";
import { createTokens, type Tokens } from "../../metadata/serve/tokens.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { untilEnded } from "../until-ended.ts";
import { whoAsks } from "./serve-asks.ts";
import { firstProfile, type Place, placeError, portOf, servedPool } from "./serve-profile.ts";

const DEFAULT_PORT = "12319";
const LOOPBACK = "127.0.0.1";
const LOOPBACK_ADDRESS = /^(127(\.\d+){3}|::1|localhost)$/;

export async function serveEcs(request: CommandRequest, world: World): Promise<number> {
  const place = placeOf(request.values);
  const name = firstProfile(request, world);
  const { pool, tools } = servedPool(request, world);
  const tokens = createTokens(world.clock);
  const active: Active = { name: undefined };
  const asking = whoAsks({ active, pool, tools, request }, world);
  const server = await startAt(place, {
    routes: [...credentialRoutes({ pool, active, log: world.log, failed: asking.failed }), ...asking.routes],
    access: (authority) => ({ hosts: hostsOf(authority, request.values), tokens }),
    note: asking.note,
    now: () => world.clock.now(),
  });
  try {
    if (name !== undefined) await pool.open(name, tools, { refresh: request.refresh });
    active.name = name;
    const file = request.values.get("token-file");
    await serve({ server, tokens, name, host: place.host, hasPage: asking.hasPage, file }, world);
    return 0;
  } finally {
    asking.close();
    pool.close();
    await server.close();
  }
}

interface Serving {
  readonly server: Listener;
  readonly tokens: Tokens;
  readonly name: string | undefined;
  readonly host: string;
  readonly hasPage: boolean;
  /** The token's. */
  readonly file: string | undefined;
}

/** From the first client that can know the token to the signal that ends it. */
async function serve(serving: Serving, world: World): Promise<void> {
  const { tokens, file } = serving;
  const ended = untilEnded(world);
  const rotation = file === undefined ? undefined : await tokenFile(file, tokens, world);
  try {
    tell(serving, world);
    await ended;
  } finally {
    await rotation?.end();
  }
}

/** What clients need goes to stdout, as lines for a shell. */
function tell({ server, tokens, file, name, host, hasPage }: Serving, { stdout, stderr, log }: World): void {
  const uri = `http://${reachable(server.authority)}/credentials`;
  const token =
    file === undefined
      ? shLine(["AWS_CONTAINER_AUTHORIZATION_TOKEN", tokens.current.reveal()])
      : shLine(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", resolvePath(file)]);
  stdout.write(shLine(["AWS_CONTAINER_CREDENTIALS_FULL_URI", uri]) + token);
  log.info(`serving ${name ?? "no profile yet"} at ${uri} until it is ended`);
  const page = `http://${reachable(server.authority)}/`;
  // Not by the log, which holds no secret.
  if (hasPage && file === undefined) stderr.write(`aws-runas: its page is ${page}#${tokens.current.reveal()}\n`);
  if (hasPage && file !== undefined) log.info(`its page is ${page} and asks for the token in ${file}`);
  if (!LOOPBACK_ADDRESS.test(host))
    log.warn(`${server.authority} can be reached from other machines, and what it answers is not encrypted: only the token keeps them out`);
}

/** Whoever listens everywhere is found at home. */
function reachable(authority: string): string {
  return authority.replace(/^0\.0\.0\.0:/, `${LOOPBACK}:`).replace(/^\[::\]:/, "[::1]:");
}

/** @throws UsageError */
function placeOf(values: ReadonlyMap<string, string>): Place {
  const host = (values.get("listen") ?? LOOPBACK).replace(/^\[(.*)\]$/, "$1");
  // The system takes "" for every address, and "0" too.
  if (isIP(host) === 0 && !/[a-z]/i.test(host)) throw new UsageError("the flag --listen takes an address of this machine");
  return { host, port: portOf(values.get("port") ?? DEFAULT_PORT) };
}

/** @throws UsageError where the address is not to be had */
async function startAt({ host, port }: Place, options: Omit<ServerOptions, "host" | "port">): Promise<Listener> {
  try {
    if (isIP(host) === 0) await lookup(host); // of a name that leads nowhere Bun says that the port is taken
    return await startServer({ ...options, host, port });
  } catch (cause) {
    throw placeError({ host, port }, cause);
  }
}

/** Names under which requests may come; one that the user allows also as it was given, as behind a mapped port. */
function hostsOf(authority: string, values: ReadonlyMap<string, string>): ReadonlySet<string> {
  const own = authority.slice(0, authority.lastIndexOf(":"));
  const named = (values.get("allow-host") ?? "").split(",").filter((name) => name !== "");
  const withPort = withPortOf(authority, [own, "localhost", LOOPBACK, "[::1]", ...named]);
  return new Set([...withPort, ...named.map((name) => name.toLowerCase())]);
}
