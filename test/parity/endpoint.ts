/** The endpoint for the wrapped command, by itself: what it answers, and how often it asks for credentials. */

import { request as httpRequest } from "node:http";
import { onTestFinished } from "vitest";
import { startContainerEndpoint } from "../../src/metadata/container.ts";
import { TestLog, credentials } from "../credentials/fixtures.ts";

/** For the test that runs: closed after it. */
export async function startEndpoint() {
  let asked = 0;
  const endpoint = await startContainerEndpoint({
    log: new TestLog(),
    credentials: async () => {
      asked += 1;
      return credentials("dev");
    },
  });
  onTestFinished(() => endpoint.close());
  const ask = (path: string, init?: RequestInit) => fetch(new URL(path, endpoint.uri), init);
  return { ...endpoint, authorization: endpoint.token.reveal(), ask, timesAsked: () => asked };
}

/** The status for a request with another Host header, as a page that rebinds its name would send. */
export function foreignHost(uri: string, authorization: string): Promise<number | undefined> {
  return new Promise((done, fail) => {
    const request = httpRequest(uri, { headers: { host: "evil.example", authorization }, timeout: 5_000 }, (response) => {
      response.resume().once("end", () => done(response.statusCode));
    });
    request.once("error", fail).end();
  });
}
