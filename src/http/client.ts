/**
 * One exchange with a server over `node:http` and `node:https`, the same on Node and Bun: proxies, extra certificate authorities, a time
 * limit over the whole of it, a limit to the body.
 *
 * Plain http is spoken to this machine alone (see loopback.ts). Redirects and cookies are not followed or kept here: see session.ts.
 */

import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";

import type { Environment, Http, HttpRequest, HttpResponse } from "../world.ts";
import { type Agents, createAgents } from "./agents.ts";
import { HttpError } from "./http-error.ts";
import { type Address, loopbackAddresses, type Resolve, resolveBySystem, withoutBrackets } from "./loopback.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 1024 * 1024;

export interface HttpOptions {
  readonly env: Environment;
  readonly resolve?: Resolve;
  /** Ends all requests, as their own signals do. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connections are shared by the requests made with one `Http`. Its errors are `HttpError`s, ConfigErrors for a proxy variable or
 * certificate file that cannot be used, and the request's own signal's reason.
 */
export function createHttp({ env, resolve = resolveBySystem, signal: end }: HttpOptions): Http {
  const agents = new Map<string, Agents>();
  const agentsFor = (url: URL): Agents => {
    // Plain http goes to this machine, whatever it is called here: no proxy.
    const found = agents.get(url.origin) ?? createAgents(url.protocol === "http:" ? {} : env, url);
    agents.set(url.origin, found);
    return found;
  };
  return async (request) => {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = AbortSignal.any([timeout, request.signal, end].filter((one) => one !== undefined));
    const nodeOptions = { ...(await destination(request.url, resolve)), ...pick(agentsFor(request.url)), ...content(request), signal };
    try {
      return await exchange(request, nodeOptions);
    } catch (cause) {
      request.signal?.throwIfAborted();
      end?.throwIfAborted();
      throw timeout.aborted ? timedOut(request) : asHttpError(request, cause);
    }
  };
}

function pick({ httpAgent, httpsAgent }: Agents): { agent?: http.Agent } {
  const agent = httpAgent ?? httpsAgent;
  return agent === undefined ? {} : { agent };
}

/** Where to connect: for plain http, to the addresses just found to be loopback ones and to no other. */
async function destination(url: URL, resolve: Resolve): Promise<https.RequestOptions> {
  const target = {
    protocol: url.protocol,
    hostname: withoutBrackets(url.hostname),
    port: url.port,
    path: url.pathname + url.search,
  };
  if (url.protocol === "https:") return target;
  const addresses = url.protocol === "http:" ? await findLoopback(url, resolve) : undefined;
  if (addresses === undefined) {
    throw new HttpError("insecure", url.host, `${url.protocol}//${url.host} is neither https nor this machine`);
  }
  return { ...target, lookup: pinned(addresses) };
}

async function findLoopback(url: URL, resolve: Resolve): Promise<readonly Address[] | undefined> {
  try {
    return await loopbackAddresses(url.hostname, resolve);
  } catch (cause) {
    throw new HttpError("unreachable", url.host, `cannot find the address of ${url.hostname}`, cause);
  }
}

function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

function content(request: HttpRequest): https.RequestOptions {
  const length = request.body === undefined ? {} : { "content-length": String(Buffer.byteLength(request.body)) };
  return { method: request.method, headers: { "accept-encoding": "identity", ...request.headers, ...length } };
}

function exchange(request: HttpRequest, nodeOptions: https.RequestOptions): Promise<HttpResponse> {
  const { request: send } = request.url.protocol === "https:" ? https : http;
  return new Promise((settle, reject) => {
    const outgoing = send(nodeOptions, (incoming) => {
      readBody(incoming, request).then((body) => settle(asResponse(request.url, incoming, body)), reject);
    });
    outgoing.on("error", reject);
    outgoing.end(request.body);
  });
}

async function readBody(incoming: http.IncomingMessage, request: HttpRequest): Promise<string> {
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw new HttpError("too-large", request.url.host, `the answer of ${request.url.host} is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function asResponse(url: URL, incoming: http.IncomingMessage, body: string): HttpResponse {
  return { status: incoming.statusCode ?? 0, url, headers: incoming.headers, body };
}

function timedOut(request: HttpRequest): HttpError {
  const seconds = Math.round((request.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000);
  return new HttpError("timeout", request.url.host, `no complete answer from ${request.url.host} within ${seconds} s`);
}

function asHttpError(request: HttpRequest, cause: unknown): HttpError {
  if (cause instanceof HttpError) return cause;
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : String((cause as { code?: unknown }).code ?? cause);
  return new HttpError("unreachable", request.url.host, `cannot reach ${request.url.host}: ${reason}`, cause);
}
