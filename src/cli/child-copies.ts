/** Copies of AWS's files for a command whose SDK would find other credentials than ours in the user's own files. */

import { withoutOwnCredentials } from "../config/child-files.ts";
import type { AwsFiles } from "../config/files.ts";
import type { ChildFiles } from "../exec/child-files.ts";
import type { World } from "../world.ts";

const NO_COPIES: ChildFiles = { remove: () => {} };

/** Most users need no copy, so what makes one is loaded for those who do. */
export async function copyFiles(files: AwsFiles, world: World): Promise<ChildFiles> {
  const texts = withoutOwnCredentials(files);
  if (texts.config === undefined && texts.credentials === undefined) return NO_COPIES;
  const [{ tmpdir }, { writeChildFiles }] = await Promise.all([import("node:os"), import("../exec/child-files.ts")]);
  return writeChildFiles(texts, { parentFolder: tmpdir(), process: world.process });
}
