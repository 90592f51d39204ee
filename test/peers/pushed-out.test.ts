/** The npm package pushes out the oldest of more than 512 connections: SDKs keep theirs between two requests, and have to connect anew. */

import { execFile } from "node:child_process";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { artefacts } from "../binary/artefacts.ts";
import { type Serving, startServing } from "../binary/serve-client.ts";
import { type Stage, setStage } from "../binary/stage.ts";
import { python } from "./install.ts";

/** Each asks for four seconds, with the retries that it makes by itself, and prints how often it was answered; a failure ends it. */
const clients: Record<string, readonly [program: string, ...args: string[]]> = {
  boto3: [
    join(python, "bin/python"),
    "-c",
    `import os, time
from botocore.utils import ContainerMetadataFetcher
fetcher, answered, end = ContainerMetadataFetcher(), 0, time.time() + 4
while time.time() < end:
    headers = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
    fetcher.retrieve_full_uri(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers=headers)
    answered += 1
    time.sleep(0.01)
print(answered)`,
  ],
  "the SDK for JavaScript": [
    process.execPath,
    "-e",
    `const { fromHttp } = require(${JSON.stringify(join(import.meta.dirname, "../../node_modules/@aws-sdk/credential-providers"))});
     const [get, end] = [fromHttp(), Date.now() + 4_000];
     (async () => {
       let answered = 0;
       for (; Date.now() < end; answered++) await get().then(() => new Promise((resolve) => setTimeout(resolve, 10)));
       console.log(answered);
     })();`,
  ],
};

let stage: Stage;
let serving: Serving;
beforeAll(async () => {
  stage = await setStage();
  serving = await startServing(artefacts[1] ?? expect.fail(), ["developer"], stage.asAlice);
});
afterAll(async () => {
  await serving.end();
  await stage.close();
});

/** Idle connections, twelve hundred a second, which are up to the server to end; resolves with how many it did. */
async function flood(port: number, end: AbortSignal): Promise<number> {
  const open = new Set<Socket>();
  let cutOff = 0;
  while (!end.aborted) {
    for (let count = 0; count < 60; count++) {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      open.add(socket.on("close", () => (cutOff += Number(open.delete(socket)))));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const found = cutOff;
  for (const socket of open) socket.destroy();
  return found;
}

test.each(Object.entries(clients))("%s gets its credentials while others' connections push its own out", async (_, [program, ...args]) => {
  const over = new AbortController();
  const flooding = flood(serving.port, over.signal);
  const env = {
    ...process.env,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${serving.host}/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: serving.token,
  };
  const asked = promisify(execFile)(program, args, { env, timeout: 60_000 }).finally(() => over.abort());
  const [{ stdout }, cutOff] = await Promise.all([asked, flooding]);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(cutOff).toBeGreaterThan(512);
});
