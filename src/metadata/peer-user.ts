/**
 * Which user of this machine is at the other end of a connection on loopback: Linux alone tells.
 *
 * @see https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt
 */

import { readFileSync, statSync } from "node:fs";

/** One end of a connection and the other, as the asking side has them. */
export interface Ends {
  readonly local: number;
  readonly remote: number;
}

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const ROOT = 0;

/** True for another user than ours and root, who can read what we hold anyway; false where it cannot be told. */
export function isOtherUsers(ends: Ends): boolean {
  try {
    const own = statSync("/proc/self").uid;
    const users = TABLES.flatMap((table) => usersOf(readFileSync(table, "utf8"), ends));
    return users.some((user) => user !== own && user !== ROOT);
  } catch {
    return false;
  }
}

/** Of connections with these ports: "sl local:port remote:port st queues timer retransmits uid …", ports in hexadecimal. */
export function usersOf(table: string, { local, remote }: Ends): readonly number[] {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter(([, from = "", to = ""]) => portOf(from) === local && portOf(to) === remote).map((row) => Number(row[7]));
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}
