/**
 * A loopback HTTP server small enough to be the same on both runtimes: `Bun.serve` under Bun, where it starts in 1 ms and `node:http`
 * in 8, and `node:http` under Node, where `node:net` does the listening until somebody comes: many commands ask for nothing, and it is
 * half as long in starting.
 *
 * Headers are limited to 8 KiB (16 under Bun, which has no setting for it); a client that sends slower than the time limits, says nothing, or
 * does not read, is cut off. The number of connections is limited under Node; under Bun by the system alone, as it tells of none before its
 * request is whole. The server never keeps the program alive.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Server as Acceptor, Socket } from "node:net";
import { compileFromNow } from "../jit.ts";
import { Connections } from "./connections.ts";

const LOOPBACK = "127.0.0.1";
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_BODY_BYTES = 8 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;

export interface LocalRequest {
  readonly method: string;
  /** Path and query; as sent under Node. Bun resolves dot segments, and takes the path of an address in full, which only a proxy's client sends. */
  readonly target: string;
  /** The Host header; two of them are joined, which matches no host's name. */
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** Any other; `name` in lower case. */
  header(name: string): string | undefined;
  /** As UTF-8; undefined when it is longer than the listener's limit, or breaks off. */
  body(): Promise<string | undefined>;
  /** The client's address: "127.0.0.1", "::1". */
  peer(): string | undefined;
  /** The client's port. */
  peerPort(): number | undefined;
}

export interface LocalResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ListenOptions {
  /** Address to listen at; 127.0.0.1 by default. */
  readonly host?: string;
  /** A random one by default. */
  readonly port?: number;
  /** Of a request, in bytes; 8192 by default. */
  readonly maxBodyBytes?: number;
  /** True for a server that gets many requests, for which compiling pays; the endpoint of a command seldom gets two. */
  readonly isBusy?: boolean;
}

/** A plain value where possible: it is quicker than a promise, at a thousand answers a second. */
export type Answer = LocalResponse | Promise<LocalResponse>;

/** Must not throw or reject. `authority` is "127.0.0.1:port" of the server asked. */
export type Handler = (request: LocalRequest, authority: string) => Answer;

export interface Listener {
  /** "127.0.0.1:port". */
  readonly authority: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** The part of Bun's API used here; its types are not a dependency. @see https://bun.sh/docs/api/http */
interface BunServer {
  readonly port: number;
  requestIP(request: Request): { readonly address: string; readonly port: number } | null;
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
    /** Unless told, Bun shares the port with whoever else does, as long as `development` is false: then two servers would take turns. */
    reusePort: boolean;
    fetch: (request: Request, server: BunServer) => Response | Promise<Response>;
  }): BunServer;
}

/** Listens; rejects with the system's error where the address is not to be had. */
export async function listen(handler: Handler, options: ListenOptions = {}): Promise<Listener> {
  const { Bun: bun } = globalThis as { Bun?: BunRuntime };
  return bun === undefined ? listenOnNode(handler, options) : listenOnBun(bun, handler, options);
}

function listenOnBun(bun: BunRuntime, handler: Handler, options: ListenOptions): Listener {
  const { host = LOOPBACK, port = 0, maxBodyBytes = MAX_BODY_BYTES, isBusy = false } = options;
  if (isBusy) compileFromNow();
  const server = bun.serve({
    hostname: host,
    port,
    idleTimeout: IDLE_TIMEOUT_MS / 1000,
    maxRequestBodySize: maxBodyBytes,
    development: false,
    reusePort: false,
    fetch: (request, self) => {
      const answer = handler(new BunRequest(request, self), authority);
      return answer instanceof Promise ? answer.then(asResponse) : asResponse(answer);
    },
  });
  const authority = authorityOf(host, server.port);
  server.unref();
  return { authority, close: () => server.stop(true) };
}

const responses = new WeakMap<LocalResponse, Response>();

/** Made once for each answer, and given as a clone, which costs a fifth of making it. */
function asResponse(answer: LocalResponse): Response {
  let made = responses.get(answer);
  if (made === undefined) responses.set(answer, (made = new Response(new Blob([answer.body]), answer)));
  return made.clone();
}

/** A class with getters, because a thousand a second are made: what is not asked for is not read. */
class BunRequest implements LocalRequest {
  readonly #request: Request;
  readonly #server: BunServer;

  constructor(request: Request, server: BunServer) {
    this.#request = request;
    this.#server = server;
  }

  get method(): string {
    return this.#request.method;
  }

  get target(): string {
    const { url } = this.#request;
    return url.startsWith("/") ? url : url.slice(url.indexOf("/", "http://".length)); // it is the path alone where there was no Host
  }

  get host(): string | undefined {
    return this.header("host");
  }

  get authorization(): string | undefined {
    return this.header("authorization");
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  body(): Promise<string | undefined> {
    return this.#request.text().catch(() => undefined);
  }

  peer(): string | undefined {
    return this.#server.requestIP(this.#request)?.address;
  }

  peerPort(): number | undefined {
    return this.#server.requestIP(this.#request)?.port;
  }
}

function authorityOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function listenOnNode(handler: Handler, options: ListenOptions): Promise<Listener> {
  const { host = LOOPBACK, port = 0, maxBodyBytes = MAX_BODY_BYTES } = options;
  const { createServer } = await import("node:net");
  const acceptor = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve, reject) => {
    acceptor.once("error", reject).listen(port, host, resolve);
  });
  const authority = authorityOf(host, (acceptor.address() as AddressInfo).port);
  let serving: Promise<Server> | undefined;
  acceptor.on("connection", (socket) => {
    serving ??= serveOnNode(acceptor, (request) => handler(new NodeRequest(request, maxBodyBytes), authority));
    void serving.then((server) => server.emit("connection", socket) && socket.resume());
  });
  acceptor.unref();
  return { authority, close: async () => (serving === undefined ? closeAcceptor(acceptor) : closeNode(await serving)) };
}

/** Takes the acceptor's place: connections that come later are not given to it any more. */
async function serveOnNode(acceptor: Acceptor, answer: (request: IncomingMessage) => Answer): Promise<Server> {
  const { createServer } = await import("node:http");
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.timeout = IDLE_TIMEOUT_MS; // of a client that does not read its answer
  const connections = new Connections();
  server.on("connection", (socket: Socket) => connections.add(socket));
  server.on("request", (request, response) => {
    const given = answer(request);
    if (given instanceof Promise)
      connections.answering(
        request.socket,
        given.then((late) => sendOnNode(request, response, late)),
      );
    else sendOnNode(request, response, given);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(acceptor, () => resolve(server));
  });
}

class NodeRequest implements LocalRequest {
  readonly #request: IncomingMessage;
  readonly #maxBodyBytes: number;

  constructor(request: IncomingMessage, maxBodyBytes: number) {
    this.#request = request;
    this.#maxBodyBytes = maxBodyBytes;
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get target(): string {
    return this.#request.url ?? "";
  }

  /** Of two, `headers` would have the first. */
  get host(): string | undefined {
    const { rawHeaders } = this.#request;
    const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host");
    return hosts.length > 1 ? hosts.join(", ") : hosts[0];
  }

  get authorization(): string | undefined {
    return this.#request.headers.authorization;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "object" ? value[0] : value;
  }

  body(): Promise<string | undefined> {
    return readBody(this.#request, this.#maxBodyBytes);
  }

  peer(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  peerPort(): number | undefined {
    return this.#request.socket.remotePort;
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      if (!(chunk instanceof Buffer) || (length += chunk.length) > maxBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendOnNode(request: IncomingMessage, response: ServerResponse, { status, headers, body }: LocalResponse): void {
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
