/** A loopback proxy in front of a server that notes each request, so that a test can count what a login costs. Host headers pass unchanged. */

import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";

export interface Recorder {
  readonly url: string;
  /** "GET /realms/r/protocol/openid-connect/auth", without query, in order. */
  readonly requests: string[];
  /** What was requested since the last call. */
  take(): string[];
  close(): Promise<void>;
}

export async function record(target: string): Promise<Recorder> {
  const requests: string[] = [];
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url?.split("?")[0]}`);
    const onward = forward({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    take: () => requests.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
