/**
 * The metadata service's address, 169.254.169.254, on the loopback interface for as long as a server runs; needs root.
 *
 * It is this one address (/32): a wider net would take others' link-local services with it. The server gives root up and cannot remove it, so a
 * shell does that, started before: it waits for the end of a pipe whose other end is the server's, however that ends, and knows one command.
 * What an address has that was there before stays: somebody else's, or of a run whose shell was killed too.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { messageOf, shorten, UsageError } from "../../errors.ts";

export const IMDS_ADDRESS = "169.254.169.254";

/** A program by its path, as PATH is the caller's, and its arguments. */
type Command = readonly [program: string, ...args: string[]];

export interface Commands {
  readonly add: Command;
  readonly remove: Command;
}

export interface PlacedAddress {
  /** True where it was there already; then it is not removed. */
  readonly wasThere: boolean;
  /** Removes it. */
  end(): Promise<void>;
}

const LIMIT_MS = 5_000;
const LINUX_PROGRAMS = ["/sbin/ip", "/usr/sbin/ip", "/bin/ip", "/usr/bin/ip"];

/** @throws UsageError where the system is another, or its program for it is not there */
export function addressCommands(platform: NodeJS.Platform, exists: (path: string) => boolean = existsSync): Commands {
  const hint = "take a port of 127.0.0.1: -p PORT";
  if (platform === "darwin") {
    const words: Command = ["/sbin/ifconfig", "lo0"];
    return { add: [...words, "alias", IMDS_ADDRESS, "255.255.255.255"], remove: [...words, "-alias", IMDS_ADDRESS] };
  }
  if (platform !== "linux") throw new UsageError(`${IMDS_ADDRESS} cannot be set up on this system`, { code: "not-supported", hint });
  const program = LINUX_PROGRAMS.find(exists);
  if (program === undefined) throw new UsageError(`${IMDS_ADDRESS} cannot be set up: there is no program ip (iproute2)`, { hint });
  const words = (action: string): Command => [program, "address", action, `${IMDS_ADDRESS}/32`, "dev", "lo"];
  return { add: words("add"), remove: words("del") };
}

/** @throws UsageError with what the system's program says */
export async function placeAddress({ add, remove }: Commands): Promise<PlacedAddress> {
  if (isThere()) return { wasThere: true, end: async () => {} };
  const remover = await startRemover(remove);
  const [program, ...args] = add;
  const { status, error, stderr } = spawnSync(program, args, { env: {}, cwd: "/", encoding: "utf8", timeout: LIMIT_MS });
  if (status !== 0 && !isThere()) {
    throw new UsageError(`${IMDS_ADDRESS} was not set up: ${error === undefined ? shorten(stderr) : messageOf(error)}`);
  }
  return { wasThere: false, end: () => endOf(remover) };
}

function isThere(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === IMDS_ADDRESS));
}

/** In a session of its own, so that Ctrl-C at the terminal is not for it; other signals that end a server wait for the server's end. */
function startRemover(command: Command): Promise<ChildProcess> {
  const script = 'trap "" HUP INT TERM; read -r _; exec "$@"';
  const shell = spawn("/bin/sh", ["-c", script, "remover", ...command], {
    detached: true,
    env: {},
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  return new Promise((resolve, reject) => {
    shell.once("error", (error) => reject(new UsageError(`${IMDS_ADDRESS} was not set up: ${messageOf(error)}`)));
    shell.once("spawn", () => resolve(shell));
  });
}

function endOf(remover: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LIMIT_MS);
    remover.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    remover.stdin?.end();
  });
}
