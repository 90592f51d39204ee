/** `aws-runas serve ecs [PROFILE]`: a container-credentials endpoint for any number of programs, on a port of this machine. */

import { credentialRoutes } from "../../metadata/serve/credential-routes.ts";
import { createManagement } from "../../metadata/serve/management.ts";
import { pageRoutes } from "../../metadata/serve/page.ts";
import { startServer } from "../../metadata/serve/server.ts";
import { createTokens, type Tokens } from "../../metadata/serve/tokens.ts";
import { tokenFile } from "../../metadata/serve/token-file.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { untilEnded } from "../until-ended.ts";
import { firstProfile, portOf, servedPool } from "./serve-profile.ts";

const DEFAULT_PORT = "12319";
const LOOPBACK = "127.0.0.1";

export async function serveEcs(request: CommandRequest, world: World): Promise<number> {
  const place = placeOf(request.values);
  const name = firstProfile(request, world);
  const { pool, tools } = servedPool(request, world);
  const active = { name };
  if (name !== undefined) await pool.open(name, tools);
  const management = createManagement({ pool, active, tools, settings: request.settings });
  const tokens = createTokens(world.clock);
  const file = request.values.get("token-file");
  const rotation = file === undefined ? undefined : await tokenFile(file, tokens, world);
  const server = await startServer({
    ...place,
    routes: [...credentialRoutes({ pool, active, log: world.log }), ...management.routes, ...pageRoutes()],
    access: (authority) => ({ hosts: hostsOf(authority, request.values), tokens }),
    note: (answered) => {
      world.log.debug(`${answered.method} ${answered.path} → ${answered.status}`);
      management.note(answered);
    },
    now: () => world.clock.now(),
  });
  tell(server.authority, { tokens, file, name, isOpen: place.host !== LOOPBACK }, world);
  try {
    await untilEnded(world.process);
    return 0;
  } finally {
    await rotation?.end();
    management.close();
    pool.close();
    await server.close();
  }
}

interface Told {
  readonly tokens: Tokens;
  readonly file: string | undefined;
  readonly name: string | undefined;
  readonly isOpen: boolean;
}

/** What clients need goes to stdout, as lines for a shell. */
function tell(authority: string, { tokens, file, name, isOpen }: Told, { stdout, stderr, log }: World): void {
  const token =
    file === undefined
      ? `AWS_CONTAINER_AUTHORIZATION_TOKEN='${tokens.current.reveal()}'`
      : `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE='${file}'`;
  stdout.write(`export AWS_CONTAINER_CREDENTIALS_FULL_URI='http://${authority}/credentials'\nexport ${token}\n`);
  log.info(`serving ${name ?? "no profile yet"} at http://${authority}/credentials until it is ended`);
  // Not by the log, which holds no secret.
  if (file === undefined) stderr.write(`aws-runas: its page is http://${authority}/#${tokens.current.reveal()}\n`);
  else log.info(`its page is http://${authority}/ and asks for the token in ${file}`);
  if (isOpen) log.warn(`${authority} can be reached from other machines: only the token keeps them out`);
}

function placeOf(values: ReadonlyMap<string, string>): { host: string; port: number } {
  return { host: values.get("listen") ?? LOOPBACK, port: portOf(values.get("port") ?? DEFAULT_PORT) };
}

/** Names under which requests may come. */
function hostsOf(authority: string, values: ReadonlyMap<string, string>): ReadonlySet<string> {
  const port = authority.slice(authority.lastIndexOf(":"));
  const named = (values.get("allow-host") ?? "").split(",").filter((name) => name !== "");
  return new Set(
    [authority, `localhost${port}`, `${LOOPBACK}${port}`, ...named.flatMap((name) => [name, name + port])].map((name) =>
      name.toLowerCase(),
    ),
  );
}
