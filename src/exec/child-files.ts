/**
 * Filtered copies of the user's AWS files for one run, where the command's SDK would find other credentials in the originals.
 *
 * They lie in a private folder under the system's temporary one (store/temporary-folder.ts). The copies hold no secret (config/child-files.ts).
 */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeRunFolder, type RunFolderOptions } from "../store/temporary-folder.ts";

export interface ChildFiles {
  /** Path of the copy; undefined where the original will do. */
  readonly config?: string | undefined;
  readonly credentials?: string | undefined;
  remove(): void;
}

/** Writes the texts given, one of them at least. */
export function writeChildFiles(texts: { config?: string; credentials?: string }, options: RunFolderOptions): ChildFiles {
  const folder = makeRunFolder("", options);
  const write = (name: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    config: write("config", texts.config),
    credentials: write("credentials", texts.credentials),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
