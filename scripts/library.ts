/**
 * The library of the npm package: `index.js`, an ES module that loads the rest when it is first called, and `index.d.ts`, the types of the entry
 * and of the files that it hands on, in one file.
 *
 * The compiler writes a declaration file for each source; those that the entry names hold types that stand for themselves (options, errors), so
 * that to put them one after the other is all that is needed: an import between them fails the build.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { rolldown } from "rolldown";

export interface LibraryBuild {
  readonly root: string;
  readonly folder: string;
  readonly external: readonly string[];
  readonly define: Readonly<Record<string, string>>;
}

export async function buildLibrary({ root, folder, external, define }: LibraryBuild): Promise<void> {
  const entry = join(root, "src/library/index.ts");
  const bundle = await rolldown({
    input: { index: entry },
    platform: "node",
    external: [...external],
    transform: { define: { ...define } },
    logLevel: "warn",
  });
  await bundle.write({
    dir: folder,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "library/[name]-[hash].js",
    minify: true,
    // An error's name is its class's.
    keepNames: true,
  });
  writeFileSync(join(folder, "index.d.ts"), declarations(root, entry));
}

function declarations(root: string, entry: string): string {
  const folder = mkdtempSync(join(tmpdir(), "aws-runas-types-"));
  try {
    emitDeclarations(root, entry, folder);
    return inOneFile(join(folder, "library/index.d.ts"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function emitDeclarations(root: string, entry: string, folder: string): void {
  // The project's own settings, but for what is made of them.
  const settings = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: folder,
      rootDir: join(root, "src"),
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [],
    files: [entry],
  };
  const project = join(folder, "tsconfig.json");
  writeFileSync(project, JSON.stringify(settings));
  const result = spawnSync(join(root, "node_modules/.bin/tsc"), ["--project", project], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`tsc: ${result.stdout}${result.stderr}`);
}

/** `export {}` at the end keeps what is not exported from being so, as it is where all of a declaration file is. */
function inOneFile(entry: string): string {
  const text = readFileSync(entry, "utf8");
  const sources = [...text.matchAll(/^export (?:type )?\{[^}]*\} from "(\.[^"]+)";$/gm)].map(([, path = ""]) =>
    resolve(dirname(entry), path.replace(/\.ts$/, ".d.ts")),
  );
  const parts = [...new Set(sources)].map((path) => readFileSync(path, "utf8").replaceAll(/^export (?=declare|interface|type)/gm, ""));
  const own = text
    .replaceAll(/^import type \{[^}]*\} from "\.[^"]+";\n/gm, "")
    .replaceAll(/^(export (?:type )?\{[^}]*\}) from "\.[^"]+";$/gm, "$1;");
  const all = [...parts, own, "export {};\n"].join("\n");
  const left = /^(?:import|export) .*from .*$/m.exec(all);
  if (left !== null) throw new Error(`the library's types need what is not in them: ${left[0]}`);
  return all;
}
