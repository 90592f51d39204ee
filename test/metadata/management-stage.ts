/** A server with the management API whose logins go as a test has written them. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { loadFiles } from "../../src/config/files.ts";
import { resolveProfile } from "../../src/config/resolve.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import type { CredentialTools } from "../../src/credentials/provider.ts";
import { createManagement } from "../../src/metadata/serve/management.ts";
import type { Member, OpenOptions, Pool } from "../../src/metadata/serve/pool.ts";
import { type Route, startServer } from "../../src/metadata/serve/server.ts";
import { createTokens } from "../../src/metadata/serve/tokens.ts";
import { Secret } from "../../src/secret.ts";
import type { Clock } from "../../src/world.ts";
import { credentials, START, testTools } from "../credentials/fixtures.ts";
import type { TestLog } from "../credentials/fixtures.ts";

const TOKEN = "the-token-of-this-server";
export const CONFIG = `# kept as it is
[default]
region = eu-west-1

[profile login]
web_identity_auth_url = https://id.example.com/realms/main
web_identity_client_id = aws
web_identity_redirect_uri = app:/callback
web_identity_username = alice

[profile dev]
source_profile = login
role_arn = arn:aws:iam::123456789012:role/dev
  # no line end follows`;

/** Time passes when the test says so; who sleeps until then wakes. */
class ManualClock implements Clock {
  #time = START;
  readonly #sleepers = new Set<() => void>();

  now(): number {
    return this.#time;
  }

  advance(durationMs: number): void {
    this.#time += durationMs;
    for (const look of this.#sleepers) look();
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    const until = this.#time + durationMs;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#sleepers.delete(look);
        settle();
      };
      const look = () => void (this.#time >= until && end(resolve));
      this.#sleepers.add(look);
      signal?.addEventListener("abort", () => end(() => reject(signal.reason)), { once: true });
      if (signal?.aborted === true) end(() => reject(signal.reason));
    });
  }
}

interface StageTools extends CredentialTools {
  readonly clock: ManualClock;
  readonly log: TestLog;
}

/** A login, by whatever it asks and shows; its end is credentials. */
export type Script = (tools: CredentialTools, options: OpenOptions) => Promise<unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The authentication type. */
  readonly type: string | undefined;
  readonly text: string;
  readonly json: unknown;
}

export interface Ask {
  readonly body?: string;
  /** Of the body. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null sends none. */
  readonly token?: string | null;
}

export interface ManagementStage {
  readonly tools: StageTools;
  /** Of its page. */
  readonly origin: string;
  readonly active: { name: string | undefined };
  /** All that the server has beside those for credentials. */
  readonly routes: readonly Route[];
  /** Those that were opened to their end. */
  readonly opened: string[];
  readonly configPath: string;
  /** How the login of each profile goes; at once unless told. */
  readonly scripts: Map<string, Script>;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  form(method: string, path: string, fields: Readonly<Record<string, string>>): Promise<Answer>;
  json(path: string, body: unknown): Promise<Answer>;
  /** To the question that stands. */
  answer(given: { readonly answer: unknown } | { readonly choice: number }): Promise<Answer>;
  switchTo(name: string): Promise<Answer>;
  state(): Promise<State>;
  config(): Promise<string>;
}

export interface State {
  readonly active: { readonly name: string; readonly [name: string]: unknown } | null;
  readonly login: { readonly question: Record<string, unknown> | null; readonly [name: string]: unknown } | null;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number; readonly client: string }[];
}

export async function manage(configText = CONFIG): Promise<ManagementStage> {
  const tools = { ...(await testTools()), clock: new ManualClock() };
  const configPath = join(tools.homeDir, ".aws/config");
  await mkdir(join(tools.homeDir, ".aws"));
  await writeFile(configPath, configText);
  const scripts = new Map<string, Script>();
  const opened: string[] = [];
  const active: { name: string | undefined } = { name: undefined };
  const pool = scriptedPool(tools, scripts, opened);
  const management = createManagement({ pool, active, tools, settings: {} });
  const tokens = createTokens(tools.clock, new Secret(TOKEN));
  const server = await startServer({
    routes: management.routes,
    access: (authority) => ({ hosts: new Set([authority]), tokens, sessions: management.sessions }),
    note: (answered) => management.note(answered),
    now: () => tools.clock.now(),
  });
  onTestFinished(async () => {
    management.close();
    await server.close();
  });
  const ask: ManagementStage["ask"] = (method, path, options) => send(server.authority, method, { path, ...options });
  const state = async () => (await ask("GET", "/state")).json as State;
  const json: ManagementStage["json"] = (path, body) => ask("POST", path, { body: JSON.stringify(body), contentType: "application/json" });
  return {
    tools,
    origin: `http://${server.authority}`,
    active,
    routes: management.routes,
    opened,
    configPath,
    scripts,
    ask,
    form: (method, path, fields) =>
      ask(method, path, { body: new URLSearchParams(fields).toString(), contentType: "application/x-www-form-urlencoded" }),
    json,
    answer: async (given) => json("/answer", { question: (await state()).login?.question?.["id"] ?? "none", ...given }),
    switchTo: (name) => ask("POST", "/profile", { body: name, contentType: "text/plain" }),
    state,
    config: () => readFile(configPath, "utf8"),
  };
}

function scriptedPool(tools: CredentialTools, scripts: ReadonlyMap<string, Script>, opened: string[]): Pool {
  const members = new Map<string, Member & { readonly credentials: Credentials }>();
  const files = () => loadFiles(tools.env, tools.homeDir);
  return {
    atHand: (name) => members.get(name)?.credentials,
    async open(name, attended, options = {}) {
      const profile = options.profile ?? resolveProfile({ name, files: files(), env: tools.env, flags: {} });
      await scripts.get(name)?.(attended, options);
      options.signal?.throwIfAborted();
      const found = credentials(`${name}-${opened.length}`, 60, START);
      members.set(name, { profile, credentials: found, problem: undefined });
      opened.push(name);
      return found;
    },
    async credentials(name) {
      const found = members.get(name)?.credentials;
      if (found === undefined) throw new Error(`unplanned: credentials of ${name}`);
      return found;
    },
    peek: (name) => members.get(name),
    close: () => {},
  };
}

function send(
  authority: string,
  method: string,
  { path, body, contentType, headers, token = TOKEN }: Ask & { path: string },
): Promise<Answer> {
  const all = {
    ...(token === null ? {} : { authorization: token }),
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(`http://${authority}${path}`, { method, headers: all, timeout: 15_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () => {
        const type = [response.headers["x-awsrunas-authentication-type"] ?? []].flat()[0];
        const json: unknown = text === "" ? undefined : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, type, text, json });
      });
    });
    request.once("error", reject).end(body);
  });
}
