/**
 * A day of a server, in compressed time: `day HOME` prints the bytes of the heap in use after each hour, and how often AWS was asked. Credentials live for fifteen
 * minutes, and are refreshed ahead of their end; the token's file is replaced each hour; clients and a page ask all the while.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { KEPT_TOKEN, remember } from "../../../src/credentials/kept.ts";
import type { CredentialTools } from "../../../src/credentials/provider.ts";
import type { IdToken } from "../../../src/login/id-token.ts";
import type { Listener } from "../../../src/metadata/listen.ts";
import { credentialRoutes } from "../../../src/metadata/serve/credential-routes.ts";
import { openConfiguration } from "../../../src/metadata/serve/configuration.ts";
import { createManagement } from "../../../src/metadata/serve/management.ts";
import { createPool } from "../../../src/metadata/serve/pool.ts";
import { startServer } from "../../../src/metadata/serve/server.ts";
import { tokenFile } from "../../../src/metadata/serve/token-file.ts";
import { createTokens } from "../../../src/metadata/serve/tokens.ts";
import { Secret } from "../../../src/secret.ts";
import { openStore } from "../../../src/store/store.ts";
import type { Log } from "../../../src/world.ts";
import { grant, startFakeSts } from "../../aws/fake-sts.ts";
import { noBrowser, nobody } from "../../fakes/nobody.ts";

const MINUTE = 60_000;
/** Credentials are refreshed once in each. */
const STEP = 10 * MINUTE;
const HOURS = 24;
/** Of each path, in each step: 11,520 in all. */
const ASKED = 40;
const PATHS = ["/credentials", "/credentials/dev"];
const CONFIG =
  "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/dev\nweb_identity_auth_url = https://id.example.com/realms/main\n" +
  "web_identity_client_id = aws\nweb_identity_provider = oidc\nweb_identity_redirect_uri = app:/callback\nregion = eu-central-1\n";

const clock = {
  time: Date.parse("2026-11-23T08:00:00Z"),
  now: () => clock.time,
  // Waiting is real, and short.
  sleep: async (durationMs: number, signal?: AbortSignal) => pause(Math.min(durationMs, 20), undefined, signal && { signal }),
};
const token: IdToken = {
  raw: new Secret("token"),
  issuer: "https://id.example.com/realms/main",
  subject: "8f1c",
  audience: ["aws"],
  expiresAt: new Date(clock.time + 25 * 60 * MINUTE),
  user: "alice",
};
const quiet = (): void => {};
const log: Log = { warn: (message) => void process.stderr.write(`warning: ${message}\n`), info: quiet, debug: quiet };

/** What looks at the clock every twenty seconds does so every twenty milliseconds. */
function hurryTicks(): void {
  const { setInterval: every } = globalThis;
  const hurried = (tick: () => void, durationMs: number) => every(tick, durationMs / 1_000);
  Object.assign(globalThis, { setInterval: hurried });
}

async function main(homeDir: string): Promise<void> {
  hurryTicks();
  const sts = await startFakeSts();
  const tools = await prepare(homeDir, sts.endpoint);
  const server = await serve(tools, join(homeDir, "token"));
  const origin = `http://${server.authority}`;
  const used: number[] = [];
  let refreshes = 0;
  for (let minute = 0; minute < HOURS * 60; minute += STEP / MINUTE) {
    sts.plan(grant({ id: String(minute), expiresAt: new Date(clock.time + 15 * MINUTE) }));
    await untilServed(`ASIA-${minute}`, origin, join(homeDir, "token"));
    await askAll(origin, join(homeDir, "token"));
    if (minute % 60 === 0) used.push(heapInUse());
    refreshes += sts.requests.splice(0).length;
    clock.time += STEP;
  }
  process.stdout.write(JSON.stringify({ used, refreshes }));
  process.exit(0);
}

async function prepare(homeDir: string, endpoint: string): Promise<CredentialTools> {
  const env = { AWSRUNAS_STORE: "file", AWS_ENDPOINT_URL_STS: endpoint };
  const { platform } = process;
  await mkdir(join(homeDir, ".aws"));
  await writeFile(join(homeDir, ".aws/config"), CONFIG);
  const store = openStore({ env, homeDir, platform, clock, log });
  return { env, homeDir, platform, clock, log, store, terminal: nobody, browser: noBrowser, process };
}

async function serve(tools: CredentialTools, path: string): Promise<Listener> {
  const configuration = openConfiguration(tools, {});
  await remember(KEPT_TOKEN, async () => token, tools.store)(configuration.resolve("dev"));
  const pool = createPool({ configuration, tools });
  const [active, tokens] = [{ name: "dev" }, createTokens(clock)];
  const management = createManagement({ pool, active, tools, settings: {} });
  await tokenFile(path, tokens, { log });
  return startServer({
    routes: [...credentialRoutes({ pool, active, log }), ...management.routes],
    access: (authority) => ({ hosts: new Set([authority]), tokens }),
    note: (answered) => management.note(answered),
    now: clock.now,
  });
}

/** However long the machine takes: the test has the limit. */
async function untilServed(key: string, origin: string, path: string): Promise<void> {
  for (const target of PATHS) {
    while (!(await ask(origin + target, await readFile(path, "utf8"))).body.includes(key)) await pause(5);
  }
}

/** As clients and an open page do; one in ten has no token. */
async function askAll(origin: string, path: string): Promise<void> {
  const authorization = await readFile(path, "utf8");
  for (let count = 0; count < ASKED; count++) {
    for (const target of PATHS) {
      const { status, body } = await ask(origin + target, authorization);
      if (status !== 200) throw new Error(`${target}: ${status} ${body}`);
    }
    if (count % 10 === 0) await Promise.all([ask(`${origin}/credentials`, "none"), ask(`${origin}/state`, authorization)]);
  }
}

const agent = new Agent({ keepAlive: true });

function ask(url: string, authorization: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization } }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).once("error", reject);
  });
}

/** After all is collected that can be. */
function heapInUse(): number {
  const { Bun: bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
  const collect = bun === undefined ? gc : () => bun.gc(true);
  for (let round = 0; round < 3; round++) collect?.();
  return process.memoryUsage().heapUsed;
}

void main(process.argv[2] ?? "");
