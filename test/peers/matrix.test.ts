/**
 * Every way out × every client: each cell is a real client process that gets our credentials by one way, and an STS that verifies what it signs.
 *
 * docs/clients.md is made from what is seen here: `UPDATE_DOCS=1 npm run test:peers -- matrix` writes it.
 */

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { type Artefact, artefacts, makeHome, type Outcome, outcomeOf, run, start } from "../binary/artefacts.ts";
import { installClients, type SdkClient, sdkClients } from "./install-clients.ts";

const ARN = "arn:aws:sts::123456789012:assumed-role/developer/alice\n";
const GUIDE = join(import.meta.dirname, "../../docs/clients.md");

interface Stage {
  readonly artefact: Artefact;
  readonly env: Readonly<Record<string, string>>;
  /** Ended after the artefact's tests. */
  readonly servers: ChildProcess[];
}

interface Way {
  readonly name: string;
  readonly needs: string;
  /** How a client is run by it. */
  readonly client: (stage: Stage) => Promise<(client: SdkClient) => Promise<Outcome>>;
}

const ways: readonly Way[] = [
  {
    name: "environment",
    needs: "`aws-runas -E developer CLIENT`",
    client: async (stage) => (client) => wrapped(["-E", "developer"], client, stage),
  },
  {
    name: "container endpoint",
    needs: "`aws-runas developer CLIENT`",
    client: async (stage) => (client) => wrapped(["developer"], client, stage),
  },
  {
    name: "`credential_process`",
    needs: "`aws-runas configure process developer`, then `AWS_PROFILE=developer-process`",
    client: async (stage) => {
      await run(stage.artefact, ["configure", "process", "developer"], { env: stage.env });
      return (client) => bare(client, { AWS_PROFILE: "developer-process" }, stage);
    },
  },
  {
    name: "credentials file",
    needs: "`aws-runas -c developer true`, then `AWS_PROFILE=developer-awsrunas`",
    client: async (stage) => {
      await run(stage.artefact, ["-c", "developer", "true"], { env: stage.env });
      return (client) => bare(client, { AWS_PROFILE: "developer-awsrunas" }, stage);
    },
  },
  {
    name: "`serve ecs`",
    needs: "the lines that it prints",
    client: async (stage) => {
      const lines = await serve(["serve", "ecs", "-p", "0", "developer"], stage);
      return (client) => bare(client, lines, stage);
    },
  },
  {
    name: "`serve ec2` (IMDSv2)",
    needs: "the line that it prints",
    client: async (stage) => {
      const lines = await serve(["serve", "ec2", "-p", "0", "developer"], stage);
      return (client) => bare(client, lines, stage);
    },
  },
];

let sandbox: Sandbox;
beforeAll(async () => {
  installClients();
  sandbox = await startSandbox();
}, 900_000);
afterAll(() => sandbox.stop());

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let home: ReturnType<typeof makeHome>;

  beforeAll(() => {
    home = makeHome(sandbox.configText);
    const secrets = { WEB_IDENTITY_PASSWORD: sandbox.users.alice.password };
    stage = { artefact, env: { ...sandbox.environment, ...secrets, HOME: home.path }, servers: [] };
  });
  afterAll(() => {
    for (const server of stage.servers) server.kill("SIGTERM");
    home.remove();
  });

  describe.each(ways)("$name", ({ client: prepare }) => {
    let runClient: (client: SdkClient) => Promise<Outcome>;
    beforeAll(async () => {
      runClient = await prepare(stage);
    });

    test.each(sdkClients)("serves the $name", async (client) => {
      expect(await runClient(client)).toMatchObject({ status: 0, stdout: ARN });
    });
  });
});

test("the guide says what was seen here", () => {
  if (process.env["UPDATE_DOCS"]) writeFileSync(GUIDE, guide());
  expect(readFileSync(GUIDE, "utf8")).toBe(guide());
});

function wrapped(words: readonly string[], { command }: SdkClient, { artefact, env }: Stage): Promise<Outcome> {
  return run(artefact, [...words, ...command], { env });
}

/** As a program that aws-runas did not start: with the user's files, and what `variables` say. */
function bare(
  { command: [program = "", ...args], name }: SdkClient,
  variables: Readonly<Record<string, string>>,
  { env }: Stage,
): Promise<Outcome> {
  const client = { name, command: [program] as const };
  const region = { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1" };
  return run(client, args, { env: { ...env, ...region, ...variables } });
}

/** Starts a server and gives the variables of the lines that it prints. */
async function serve(words: readonly string[], { artefact, env, servers }: Stage): Promise<Record<string, string>> {
  const server = start(artefact, words, { env });
  servers.push(server);
  let printed = "";
  const ended = outcomeOf(server, { timeoutMs: 600_000 });
  const lines = await new Promise<string>((resolve, reject) => {
    server.stderr?.on("data", (chunk) => {
      if (String(chunk).includes("until it is ended")) setTimeout(() => resolve(printed), 50);
    });
    server.stdout?.on("data", (chunk) => (printed += chunk));
    void ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  return Object.fromEntries([...lines.matchAll(/^export (\w+)='([^']*)'$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

function guide(): string {
  const head = ["client", "version", ...ways.map(({ name }) => name)];
  const rows = sdkClients.map(({ name, version }) => [name, version, ...ways.map(() => "yes")]);
  const table = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
  const needs = ways.map(({ name, needs: line }) => `| ${name} | ${line} |\n`).join("");
  return `# Clients

Made from \`test/peers/matrix.test.ts\`, which runs each of these clients by each of these ways against an STS that verifies what it signs; both
programs (standalone and npm) pass every cell.

${table}
| way | how |
| --- | --- |
${needs}
What each SDK needs of a region: \`AWS_REGION\` and \`AWS_DEFAULT_REGION\` both, and equal; aws-runas sets them for the commands that it starts. Another
program's own keys in the environment, and keys or \`credential_process\` in the selected profile, beat the container endpoint and the metadata services.
`;
}
