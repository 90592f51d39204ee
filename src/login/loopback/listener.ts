/**
 * A redirect URI on this machine → a server that listens there, for one login: on the URI's port, or on one that is free where it names none
 * (RFC 8252 section 7.3). `localhost` is both families, on one port, so that nobody else gets what a browser sends to the other.
 *
 * Connections are few and short: each is for one request, the oldest gives way to a new one, and none lasts longer than a browser needs.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type AddressInfo, isIP, type Socket } from "node:net";

import { LoginError } from "../../errors.ts";
import { withoutBrackets } from "../../http/loopback.ts";

/** Cookies of everything else on this host come with a callback, whatever its port. */
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 32;
const CONNECTION_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 5_000;
/** Tries to find a port that is free in both families. */
const ATTEMPTS = 20;

export interface Listener {
  /** The redirect URI as the provider is told: with the port, and otherwise as it was configured. */
  readonly redirectUri: string;
  /** Ends open connections too. */
  close(): void;
}

export interface ListenerOptions {
  readonly redirectUri: string;
  /** The provider's host, for errors. */
  readonly provider: string;
  /** `keep` lets the request's connection wait for a late answer. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse, keep: () => void) => void;
}

/** As written: providers compare it so, but for the port. */
const PARTS = /^(http:\/\/[^/?#]*?)(?::(\d*))?((?:[/?#].*)?)$/i;

/** @throws LoginError `redirect-unusable` naming the port that is taken */
export async function listenForCallback(options: ListenerOptions): Promise<Listener> {
  const [, before = "", port, after = ""] = PARTS.exec(options.redirectUri) ?? PARTS.exec(new URL(options.redirectUri).href) ?? [];
  const [first = "", ...others] = addressesOf(new URL(options.redirectUri).hostname);
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    try {
      const server = await listen(first, Number(port ?? 0), options);
      servers.push(server);
      const { port: found } = server.address() as AddressInfo;
      for (const address of others) servers.push(...(await listenWherePossible(address, found, options)));
      return { redirectUri: `${before}:${found}${after}`, close: () => servers.forEach(closeAll) };
    } catch (cause) {
      servers.forEach(closeAll);
      if (port || attempt === ATTEMPTS) throw portTaken(cause, port, options);
    }
  }
}

function addressesOf(hostname: string): readonly string[] {
  const address = withoutBrackets(hostname);
  return isIP(address) === 0 ? ["127.0.0.1", "::1"] : [address];
}

async function listen(address: string, port: number, { onRequest }: ListenerOptions): Promise<Server> {
  const { createServer } = await import("node:http");
  const limits = { headersTimeout: REQUEST_LIMIT_MS, requestTimeout: REQUEST_LIMIT_MS, connectionsCheckingInterval: 1_000 };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, ...limits });
  const keep = limitConnections(server);
  server.on("request", (request, response) => onRequest(request, response, () => keep(request.socket)));
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, address, () => resolve(server));
  });
}

/** None where this machine does not have the family at all. */
async function listenWherePossible(address: string, port: number, options: ListenerOptions): Promise<Server[]> {
  try {
    return [await listen(address, port, options)];
  } catch (cause) {
    if (["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"].includes(codeOf(cause))) return [];
    throw cause;
  }
}

/** The function it gives takes a connection out of the limits. */
function limitConnections(server: Server): (socket: Socket) => void {
  const open = new Map<Socket, NodeJS.Timeout>();
  const forget = (socket: Socket) => {
    clearTimeout(open.get(socket));
    open.delete(socket);
  };
  server.on("connection", (socket: Socket) => {
    open.set(socket, setTimeout(() => socket.destroy(), CONNECTION_LIMIT_MS).unref());
    socket.once("close", () => forget(socket));
    const [oldest] = open.keys();
    if (open.size > MAX_CONNECTIONS) oldest?.destroy();
  });
  return forget;
}

function closeAll(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function portTaken(cause: unknown, port: string | undefined, { redirectUri, provider }: ListenerOptions): LoginError {
  const reasons: Readonly<Record<string, string>> = { EADDRINUSE: "another program listens there", EACCES: "the system does not allow it" };
  const reason = reasons[codeOf(cause)] ?? codeOf(cause);
  const where = port ? `port ${port} of this machine` : "any port of this machine";
  return new LoginError("redirect-unusable", `cannot wait for the browser on ${where}: ${reason}`, {
    provider,
    step: "browser",
    cause,
    hint: port
      ? `end that program or the other login, or register ${redirectUri.replace(`:${port}`, "")}, without a port, which takes any that is free`
      : undefined,
  });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
}
