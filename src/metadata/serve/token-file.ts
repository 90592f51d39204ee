/** A server's token in a file that clients read for each request (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): 0600, replaced as the token is. */

import { promises as fs } from "node:fs";
import { writeFileAtomic } from "../../store/atomic-file.ts";
import { messageOf } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { Tokens } from "./tokens.ts";

const TICK_MS = 20_000;

export interface TokenFile {
  /** Removes it. */
  end(): Promise<void>;
}

/** @throws StoreError "store-unusable" when it cannot be written */
export async function tokenFile(path: string, tokens: Tokens, { log }: Pick<World, "log">): Promise<TokenFile> {
  await writeFileAtomic(path, tokens.current.reveal(), { mode: 0o600 });
  const timer = setInterval(() => {
    const next = tokens.rotate();
    if (next !== undefined)
      writeFileAtomic(path, next.reveal(), { mode: 0o600 }).catch((error: unknown) =>
        log.warn(`the token's file was not replaced: ${messageOf(error)}`),
      );
  }, TICK_MS).unref();
  return {
    async end() {
      clearInterval(timer);
      await fs.rm(path, { force: true });
    },
  };
}
