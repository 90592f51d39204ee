/**
 * Which proxy a request goes through, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (either case; the lower-case one wins, as in curl).
 *
 * NO_PROXY is a list, by comma or space, of host names (which cover the names under them, with or without a leading dot or "*."),
 * addresses, address ranges (10.0.0.0/8), any of them with a port, or "*".
 */

import { BlockList, isIP } from "node:net";

import { ConfigError } from "../errors.ts";
import type { Environment } from "../world.ts";
import { isLoopbackName, withoutBrackets } from "./loopback.ts";

/**
 * Undefined means a direct connection, which loopback hosts always get.
 *
 * @throws ConfigError `config-value` when the variable holds no http or https URL; the message does not show it, for it may hold a password
 */
export function proxyFor(target: URL, env: Environment): URL | undefined {
  if (isLoopbackName(target.hostname) || isExcluded(target, read(env, "no_proxy") ?? "")) return undefined;
  const name = target.protocol === "https:" ? "https_proxy" : "http_proxy";
  const value = read(env, name);
  return value === undefined ? undefined : parseProxy(value, name.toUpperCase());
}

function read(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

function parseProxy(value: string, variable: string): URL {
  const text = value.includes("://") ? value : `http://${value}`;
  if (!URL.canParse(text) || !/^https?:/i.test(text) || !canDecode(new URL(text))) {
    throw new ConfigError("config-value", `the environment variable ${variable} is not the URL of an http or https proxy`, {
      hint: "write it as http://proxy.example.com:3128, with a % in user name or password as %25",
    });
  }
  return new URL(text);
}

/** A password with a bare % in it is the usual case; whoever decodes it later would throw. */
function canDecode({ username, password }: URL): boolean {
  try {
    return decodeURIComponent(username + password) !== undefined;
  } catch {
    return false;
  }
}

function isExcluded(target: URL, list: string): boolean {
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => matches(entry.toLowerCase(), withoutBrackets(target.hostname), port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
  if (withPort?.[2] !== undefined && withPort[2] !== port) return false;
  const pattern = withoutBrackets(withPort?.[1] ?? entry);
  if (isIP(host) !== 0) return matchesAddress(pattern, host);
  const name = pattern.replace(/^\*?\./, "");
  return host === name || host.endsWith(`.${name}`);
}

function matchesAddress(pattern: string, host: string): boolean {
  const [network = "", bits] = pattern.split("/");
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  if (isIP(network) === 0 || isIP(network) !== isIP(host)) return false;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === "ipv6" ? 128 : 32))) return false;
  const range = new BlockList();
  range.addSubnet(network, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  return range.check(host, family);
}
