/** A port of this machine that nobody listens on, for a server that cannot pick one itself. */

import { createServer } from "node:net";

/** Below the range that the kernel hands out, as Keycloak takes the next one for its management. */
export async function freePort(): Promise<number> {
  const port = 15_000 + Math.floor(Math.random() * 15_000);
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
  return free ? port : await freePort();
}
