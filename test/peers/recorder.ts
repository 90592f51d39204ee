/** A loopback proxy in front of a server that notes each request, so that a test can count what a login costs. Host headers pass unchanged. */

import { createServer, type IncomingMessage, request as forward } from "node:http";
import type { AddressInfo } from "node:net";

export interface Recorder {
  readonly url: string;
  /** "GET /realms/r/protocol/openid-connect/auth", or for AWS's query protocol "AssumeRole"; what came since the last call, in order. */
  take(): string[];
  /** What the last call of an AWS action said. */
  said(action: string): URLSearchParams | undefined;
  /** While set, requests that match wait for this long before they are handed on. */
  delay: { pattern: RegExp; ms: number } | undefined;
  close(): Promise<void>;
}

export async function record(target: string): Promise<Recorder> {
  const requests: string[] = [];
  const calls = new Map<string, URLSearchParams>();
  const { hostname, port } = new URL(target);
  const recorder = { delay: undefined as Recorder["delay"] };
  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming);
    const name = nameOf(incoming, body);
    requests.push(name);
    calls.set(name, new URLSearchParams(body.toString()));
    if (recorder.delay?.pattern.test(name)) await new Promise((resolve) => setTimeout(resolve, recorder.delay?.ms));
    const onward = forward({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(recorder, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => requests.splice(0),
    said: (action: string) => calls.get(action),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function nameOf(incoming: IncomingMessage, body: Buffer): string {
  return new URLSearchParams(body.toString()).get("Action") ?? `${incoming.method} ${incoming.url?.split("?")[0]}`;
}
