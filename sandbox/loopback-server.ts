/**
 * An HTTP server on 127.0.0.1 that writes down every request it gets and lets a test answer any of them itself.
 *
 * The body is read before the handler runs, so that it can be recorded; the handler gets a request whose body can be read again.
 */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** As UTF-8; empty when there is none. */
  readonly body: string;
}

interface RecordedRequest extends ReceivedRequest {
  /** Of the URL, without the query. */
  readonly path: string;
  /** Of the answer; undefined until it is on its way. */
  readonly status: number | undefined;
}

/**
 * Called before the server's own answer: a `Response` is sent instead of it (`Response.error()` cuts the connection), undefined lets the
 * server answer, and a promise delays either.
 */
type Intercept = (request: ReceivedRequest) => Response | undefined | Promise<Response | undefined>;

export type Handle = (request: ReceivedRequest, incoming: IncomingMessage, response: ServerResponse) => unknown;

export interface LoopbackServer {
  /** "http://127.0.0.1:12345". */
  readonly origin: string;
  /** Answers what `intercept` does not; set once, when the origin is known. */
  handle: Handle;
  /** All of them, in order of arrival. */
  readonly requests: RecordedRequest[];
  intercept: Intercept | undefined;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startLoopbackServer(): Promise<LoopbackServer> {
  const http = createServer();
  await new Promise<void>((resolve, reject) => http.once("error", reject).listen(0, "127.0.0.1", resolve));
  const server: LoopbackServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    handle: (_request, _incoming, response) => response.writeHead(404).end(),
    requests: [],
    intercept: undefined,
    close: () => close(http),
  };
  http.on("request", (incoming, response) => {
    answer(server, incoming, response).catch((error: unknown) => fail(response, error));
  });
  return server;
}

function close(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}

async function answer(server: LoopbackServer, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) return;
  const request = receivedRequest(server.origin, incoming, body);
  server.requests.push(record(request, response));
  const instead = await server.intercept?.(request);
  if (instead !== undefined) return send(instead, response);
  await server.handle(request, withBody(incoming, body), response);
}

/** Undefined when the client went away in the middle of it, as one that is killed does. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function receivedRequest(origin: string, incoming: IncomingMessage, body: Buffer): ReceivedRequest {
  const url = new URL(incoming.url ?? "/", origin);
  return { method: incoming.method ?? "GET", url, headers: incoming.headers, body: body.toString("utf8") };
}

function record(request: ReceivedRequest, response: ServerResponse): RecordedRequest {
  return {
    ...request,
    path: request.url.pathname,
    get status() {
      return response.headersSent ? response.statusCode : undefined;
    },
  };
}

/** What libraries read of a request whose own body has been read already. */
function withBody(incoming: IncomingMessage, body: Buffer): IncomingMessage {
  const { method, url, headers, rawHeaders, socket, httpVersion, httpVersionMajor, httpVersionMinor } = incoming;
  const again = Readable.from(body.length === 0 ? [] : [body], { objectMode: false });
  const facts = { method, url, headers, rawHeaders, socket, httpVersion, httpVersionMajor, httpVersionMinor, complete: true };
  return Object.assign(again, facts) as unknown as IncomingMessage;
}

async function send(answered: Response, response: ServerResponse): Promise<void> {
  if (answered.type === "error") {
    response.destroy();
    return;
  }
  const headers = [...answered.headers].filter(([name]) => name !== "set-cookie");
  response.writeHead(answered.status, { ...Object.fromEntries(headers), "set-cookie": answered.headers.getSetCookie() });
  response.end(Buffer.from(await answered.arrayBuffer()));
}

function fail(response: ServerResponse, error: unknown): void {
  console.error("sandbox:", error);
  if (response.headersSent) response.destroy();
  else response.writeHead(500).end();
}
