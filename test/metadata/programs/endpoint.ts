/**
 * A container endpoint as a program: `endpoint SCENARIO` prints its address and token as JSON on one line, and closes it when stdin ends.
 * In the scenario "unclosed" it is never closed: the program must end all the same.
 */

import { startContainerEndpoint } from "../../../src/metadata/container.ts";
import type { Credentials } from "../../../src/credentials/credentials.ts";
import { AwsError, InternalError, PersonNeededError } from "../../../src/errors.ts";
import { Secret } from "../../../src/secret.ts";
import type { Log } from "../../../src/world.ts";

const credentials: Credentials = {
  accessKeyId: "ASIAOURS",
  secretAccessKey: new Secret("our/secret+key"),
  sessionToken: new Secret("our+session/token=="),
  issuedAt: new Date(),
  expiresAt: new Date("2036-11-23T10:00:00.750Z"),
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/dev/me",
};

const scenarios: Record<string, () => Promise<Credentials>> = {
  good: () => Promise.resolve(credentials),
  unclosed: () => Promise.resolve(credentials),
  "person-needed": () => Promise.reject(new PersonNeededError("the login has run out", { hint: "run aws-runas login dev" })),
  unreachable: () => Promise.reject(new AwsError("aws-unreachable", "STS cannot be reached")),
  bug: () => Promise.reject(new TypeError("secret detail")),
  "own-bug": () => Promise.reject(new InternalError("secret detail")),
};

const quiet = (): void => {};
const log: Log = { warn: (message) => void process.stderr.write(`warning: ${message}\n`), info: quiet, debug: quiet };

async function main(scenario = "good"): Promise<void> {
  const endpoint = await startContainerEndpoint({ credentials: scenarios[scenario] ?? quietly, log });
  process.stdout.write(`${JSON.stringify({ uri: endpoint.uri, token: endpoint.token.reveal() })}\n`);
  if (scenario === "unclosed") return;
  process.stdin.resume().once("end", () => void endpoint.close());
}

function quietly(): never {
  throw new Error("no such scenario");
}

void main(process.argv[2]);
