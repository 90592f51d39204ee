/**
 * A loopback HTTP server small enough to be the same on both runtimes: `Bun.serve` under Bun, where it starts in 1 ms and `node:http`
 * in 8, and `node:http` under Node, where `node:net` does the listening until somebody comes: many commands ask for nothing, and it is
 * half as long in starting.
 *
 * Headers are limited to 8 KiB (16 under Bun, which has no setting for it); a client that sends slower than the time limits, or says
 * nothing, is cut off. The server never keeps the program alive.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Server as Acceptor } from "node:net";

const HOST = "127.0.0.1";
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;

export interface LocalRequest {
  readonly method: string;
  /** Path and query; as sent under Node, with dot segments resolved under Bun. */
  readonly target: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
}

export interface LocalResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Must not reject. `authority` is "127.0.0.1:port" of the server asked. */
export type Handler = (request: LocalRequest, authority: string) => Promise<LocalResponse>;

export interface Listener {
  /** "127.0.0.1:port". */
  readonly authority: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** The part of Bun's API used here; its types are not a dependency. @see https://bun.sh/docs/api/http */
interface BunServer {
  readonly port: number;
  stop(closeActiveConnections: boolean): Promise<void>;
  unref(): void;
}
interface BunRuntime {
  serve(options: {
    hostname: string;
    port: number;
    /** Seconds. */
    idleTimeout: number;
    maxRequestBodySize: number;
    development: boolean;
    fetch: (request: Request) => Promise<Response>;
  }): BunServer;
}

/** Listens on a random port of 127.0.0.1. */
export async function listen(handler: Handler): Promise<Listener> {
  const { Bun: bun } = globalThis as { Bun?: BunRuntime };
  return bun === undefined ? listenOnNode(handler) : listenOnBun(bun, handler);
}

function listenOnBun(bun: BunRuntime, handler: Handler): Listener {
  const server = bun.serve({
    hostname: HOST,
    port: 0,
    idleTimeout: IDLE_TIMEOUT_MS / 1000,
    maxRequestBodySize: MAX_HEADER_BYTES,
    development: false,
    fetch: async (request) => {
      const { status, headers, body } = await handler(readBunRequest(request), authority);
      return new Response(body, { status, headers });
    },
  });
  const authority = `${HOST}:${server.port}`;
  server.unref();
  return { authority, close: () => server.stop(true) };
}

function readBunRequest(request: Request): LocalRequest {
  return {
    method: request.method,
    target: request.url.replace(/^http:\/\/[^/]*/, ""),
    host: request.headers.get("host") ?? undefined,
    authorization: request.headers.get("authorization") ?? undefined,
  };
}

async function listenOnNode(handler: Handler): Promise<Listener> {
  const { createServer } = await import("node:net");
  const acceptor = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve, reject) => {
    acceptor.once("error", reject).listen(0, HOST, resolve);
  });
  const authority = `${HOST}:${(acceptor.address() as AddressInfo).port}`;
  let serving: Promise<Server> | undefined;
  acceptor.on("connection", (socket) => {
    serving ??= serveOnNode(acceptor, (request) => handler(request, authority));
    void serving.then((server) => server.emit("connection", socket) && socket.resume());
  });
  acceptor.unref();
  return { authority, close: async () => (serving === undefined ? closeAcceptor(acceptor) : closeNode(await serving)) };
}

/** Takes the acceptor's place: connections that come later are not given to it any more. */
async function serveOnNode(acceptor: Acceptor, handler: (request: LocalRequest) => Promise<LocalResponse>): Promise<Server> {
  const { createServer } = await import("node:http");
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.on("request", (request, response) => void answerNode(request, response, handler(readNodeRequest(request))));
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(acceptor, () => resolve(server));
  });
}

function readNodeRequest(request: IncomingMessage): LocalRequest {
  const { host, authorization } = request.headers;
  return { method: request.method ?? "", target: request.url ?? "", host, authorization };
}

async function answerNode(request: IncomingMessage, response: ServerResponse, answer: Promise<LocalResponse>): Promise<void> {
  const { status, headers, body } = await answer;
  request.resume();
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

function closeAcceptor(acceptor: Acceptor): Promise<void> {
  return new Promise((resolve) => acceptor.close(() => resolve()));
}

function closeNode(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
