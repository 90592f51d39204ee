/**
 * `import text from "./page.html" with { type: "text" }` for rolldown, and so for vitest; Bun has it built in.
 *
 * Told by the path as src/metadata/serve/page-files.ts has it, since Vite does not hand attributes on. The id ends in no type that either of
 * them knows: a script or a style sheet would be taken for one.
 */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const TEXTS = /^\.\/page\/(?:site\/)?[\w-]+\.(?:html|css|js|svg)$/;
const PREFIX = "\0text:";

interface TextImports {
  readonly name: string;
  readonly enforce: "pre";
  resolveId(source: string, importer: string | undefined): string | undefined;
  load(id: string): string | undefined;
}

export function textImports(): TextImports {
  return {
    name: "text-imports",
    enforce: "pre",
    resolveId: (source, importer) =>
      importer !== undefined && TEXTS.test(source) ? `${PREFIX}${resolve(dirname(importer), source)}!` : undefined,
    load: (id) =>
      id.startsWith(PREFIX) ? `export default ${JSON.stringify(readFileSync(id.slice(PREFIX.length, -1), "utf8"))};` : undefined,
  };
}
