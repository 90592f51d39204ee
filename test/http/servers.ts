/** Real servers on loopback for the tests of http/; every one is closed after the test that started it. */

import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";

import { afterEach } from "vitest";

import type { Certificate } from "./certificate.ts";

const open: (http.Server | https.Server)[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** "http://127.0.0.1:port", or https with a certificate. */
export async function serve(handler: http.RequestListener, certificate?: Certificate): Promise<string> {
  const server = certificate === undefined ? http.createServer(handler) : https.createServer({ ...certificate }, handler);
  const port = await listen(server);
  return `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`;
}

export interface Proxy {
  readonly url: string;
  /** Request lines and credentials it was sent. */
  readonly seen: string[];
}

/** A proxy that leads every tunnel and every request to one port on loopback, whatever host was asked for. */
export async function serveProxy(targetPort: number): Promise<Proxy> {
  const seen: string[] = [];
  const note = (request: http.IncomingMessage): unknown =>
    seen.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
  const server = http.createServer((request, response) => {
    note(request);
    response.end("from the proxy");
  });
  server.on("connect", (request, socket) => {
    note(request);
    const upstream = net.connect(targetPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, seen };
}

/** A proxy, or somebody on the way to it, that answers every CONNECT with this text. @returns its URL */
export async function serveRefusingProxy(answer: string): Promise<string> {
  const server = http.createServer();
  server.on("connect", (_request, socket) => socket.on("error", () => undefined).end(answer));
  return `http://127.0.0.1:${await listen(server)}`;
}

function listen(server: http.Server | https.Server): Promise<number> {
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
