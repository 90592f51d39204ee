/** The connections behind a request: through a proxy or direct, trusting the right authorities. Also given to the AWS SDK's handler. */

import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";

import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";

import type { Environment } from "../world.ts";
import { trustedCertificates } from "./certificates.ts";
import { proxyFor } from "./proxy.ts";

/** The one that the target's scheme needs. */
export interface Agents {
  readonly httpAgent?: http.Agent;
  readonly httpsAgent?: https.Agent;
}

/** Connections are kept between the requests of a login; idle ones go before the server closes them (Node's servers do after 5 s). */
const KEEP = { keepAlive: true, timeout: 4_000 } as const;

/**
 * Agents for requests to `target`'s host.
 *
 * @throws ConfigError for a proxy variable or a certificate file that cannot be used
 */
export function createAgents(env: Environment, target: URL): Agents {
  const proxy = proxyFor(target, env);
  const ca = trustedCertificates(env);
  if (target.protocol === "http:") {
    return { httpAgent: proxy === undefined ? new http.Agent(KEEP) : new HttpProxyAgent(proxy, trusting(ca)) };
  }
  if (proxy !== undefined) return { httpsAgent: new TunnelAgent(proxy, ca) };
  return { httpsAgent: new https.Agent({ ...KEEP, ...trusting(ca) }) };
}

function trusting(ca: string[] | undefined): { ca?: string[] } {
  return ca === undefined ? {} : { ca };
}

/**
 * Its base class trusts `ca` for the proxy alone; the server behind the tunnel is to be trusted by the same list. And it passes a proxy's
 * refusal on as the server's answer: a redirect in plain text, from anybody on the way to the proxy, would be taken for the provider's.
 */
class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #ca: string[] | undefined;

  constructor(proxy: URL, ca: string[] | undefined) {
    super(proxy, { ...KEEP, ...trusting(ca) });
    this.#ca = ca;
  }

  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>["connect"]>): Promise<Socket> {
    let status = 0;
    request.once("proxyConnect", (answer: { statusCode: number }) => (status = answer.statusCode));
    const socket = await super.connect(request, { ...options, ...trusting(this.#ca) });
    if (status === 200) return socket;
    socket.destroy();
    throw new Error(`the proxy refuses to connect (status ${status})`);
  }
}
