/**
 * Which hosts are this machine: the only ones spoken to over plain http, and never through a proxy.
 *
 * A name counts only when every address it has is a loopback one, and the caller then connects to the addresses found here, so that a
 * later DNS answer cannot lead elsewhere. RFC 6761 section 6.3 (localhost), RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.3.
 */

import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** True for `localhost`, names under it and loopback addresses, by their spelling alone. `host` is as in `URL.hostname`. */
export function isLoopbackName(host: string): boolean {
  const name = withoutBrackets(host);
  return isIP(name) === 0 ? name === "localhost" || name.endsWith(".localhost") : isLoopbackAddress(name);
}

/** All addresses of a name; rejects when it has none. */
export type Resolve = (name: string) => Promise<readonly Address[]>;

/** As the system resolves names. */
export const resolveBySystem: Resolve = async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
};

/** The addresses of a host that is this machine; undefined when it has any other address. Rejects when the name cannot be resolved. */
export async function loopbackAddresses(host: string, resolve: Resolve): Promise<readonly Address[] | undefined> {
  const addresses = await resolve(withoutBrackets(host));
  return addresses.length > 0 && addresses.every(({ address }) => isLoopbackAddress(address)) ? addresses : undefined;
}

function isLoopbackAddress(address: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  return loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** `URL.hostname` writes IPv6 addresses as "[::1]". */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
