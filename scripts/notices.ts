/** The licence texts of everything that is bundled, as their licences ask. Reads the installed packages that are not for development only. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface LockedPackage {
  readonly dev?: boolean;
  readonly version?: string;
  readonly license?: string;
}

/** One block a package: name, version, licence, and the text of its licence file where it ships one. */
export function thirdPartyNotices(root: string): string {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== "" && entry.dev !== true && existsSync(join(root, path)))
    .map(
      ([path, entry]) => `${path.slice(path.lastIndexOf("node_modules/") + 13)} ${entry.version}\n${licenceText(join(root, path), entry)}`,
    )
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

function licenceText(folder: string, entry: LockedPackage): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? `Licence: ${entry.license}` : readFileSync(join(folder, file), "utf8").trim();
}
