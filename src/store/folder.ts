/** Where the store lives, and making a folder that only its owner gets into. */

import fs from "node:fs";

/** `~/.aws/aws-runas`, wherever the configuration files are. */
export function storeFolder(homeDir: string): string {
  return `${homeDir}/.aws/aws-runas`;
}

/** Makes `folder` and what leads to it, 0700, and closes one that others can enter. File system errors come as they are. */
export function makePrivateFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mode = fs.statSync(folder).mode;
  if ((mode & 0o077) !== 0) fs.chmodSync(folder, mode & 0o700); // Windows reports made-up modes and ignores this
}
