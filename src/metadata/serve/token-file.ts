/**
 * A server's token in a file that clients read for each request (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): 0600, and replaced every hour.
 *
 * The next token counts once it is in the file: where that cannot be written, clients go on with the one that they find there.
 */

import { promises as fs } from "node:fs";
import { messageOf } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { writeFileAtomic } from "../../store/atomic-file.ts";
import type { World } from "../../world.ts";
import type { Tokens } from "./tokens.ts";

const TICK_MS = 20_000;

export interface TokenFile {
  /** Removes it, unless it holds another server's by now. */
  end(): Promise<void>;
}

/** @throws StoreError "store-unusable" when it cannot be written */
export async function tokenFile(path: string, tokens: Tokens, { log }: Pick<World, "log">): Promise<TokenFile> {
  // No newline at its end: no SDK takes a token with one.
  const write = (token: Secret) => writeFileAtomic(path, token.reveal(), { mode: 0o600, isOurs: true });
  const warn = (error: unknown) => log.warn(`the token's file was not replaced: ${messageOf(error)}`);
  let attempt: Promise<void> | undefined;
  await write(tokens.current);
  const timer = setInterval(() => {
    attempt ??= tokens
      .rotate(write)
      ?.catch(warn)
      .finally(() => (attempt = undefined));
  }, TICK_MS).unref();
  return {
    async end() {
      clearInterval(timer);
      await attempt;
      const content = await fs.readFile(path, "utf8").catch(() => undefined);
      if (content === tokens.current.reveal()) await fs.rm(path, { force: true });
    },
  };
}
