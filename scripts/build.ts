/**
 * Builds both artefacts from `src/main.ts`: `dist/aws-runas` (standalone, by Bun) and `dist/npm/` (a package for Node, by rolldown, with the
 * library beside the program).
 *
 * Runs on Bun. The standalone program must not read `.env` or `bunfig.toml` from the folder it is started in: both autoloads are off.
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { buildLibrary } from "./library.ts";
import { thirdPartyNotices } from "./notices.ts";
import { textImports } from "./text-imports.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const constants = {
  AWSRUNAS_VERSION: JSON.stringify(manifest.version),
  // Else the SDK advises a newer Node on stderr, each time it is loaded.
  "process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": '"true"',
};
/** Holds native code, which a bundle cannot; npm installs the binary for the machine. */
const native = "@napi-rs/keyring";

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Record<string, string>;
  readonly dependencies: Record<string, string>;
}

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(join(root, "dist/npm"), { recursive: true });
buildStandalone();
await buildPackage();

function buildStandalone(): void {
  const options = [
    "--compile",
    "--minify",
    "--bytecode",
    "--splitting",
    "--format=esm",
    // Compiling what runs once is time lost; src/exec/spawn.ts sets it back for what goes on beside a command.
    "--compile-jit-policy=1000",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...Object.entries(constants).flatMap(([name, value]) => ["--define", `${name}=${value}`]),
  ];
  const output = `--outfile=${join(root, "dist/aws-runas")}`;
  const result = spawnSync(process.execPath, ["build", ...options, output, join(root, "src/main.ts")], { cwd: root, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`bun build: ${result.stderr}`);
}

async function buildPackage(): Promise<void> {
  const bundle = await rolldown({
    input: { "aws-runas": join(root, "src/main.ts") },
    platform: "node",
    external: [native],
    transform: { define: constants },
    plugins: [textImports()],
    logLevel: "warn",
  });
  await bundle.write({
    dir: join(root, "dist/npm"),
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "chunks/[name]-[hash].cjs",
    minify: true,
    // What every run loads is one file. Left to itself, the bundler puts what several commands share into files of their own: 4 ms for six of them.
    codeSplitting: { groups: [{ name: "warm", tags: ["$initial"] }] },
    // require() instead of import(), which would start Node's loader of ES modules: 6 ms.
    dynamicImportInCjs: false,
    banner: (chunk) => (chunk.isEntry ? "#!/usr/bin/env node" : ""),
  });
  await buildLibrary({ root, folder: join(root, "dist/npm"), external: [native], define: constants });
  // A file of its own: pnpm and Windows start a program by a script that names the file, and what it was called by is lost.
  writeFileSync(join(root, "dist/npm/docker-credential-aws-runas.cjs"), '#!/usr/bin/env node\nrequire("./aws-runas.cjs");\n');
  writeFileSync(join(root, "dist/npm/package.json"), `${JSON.stringify(packageManifest(), null, 2)}\n`);
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md"]) cpSync(join(root, name), join(root, "dist/npm", name));
  writeFileSync(join(root, "dist/npm/THIRD-PARTY-NOTICES.txt"), thirdPartyNotices(root));
}

function packageManifest(): object {
  const { version, description, license, engines, dependencies } = manifest;
  return {
    name: "aws-runas",
    version,
    description,
    license,
    engines,
    type: "module",
    bin: { "aws-runas": "aws-runas.cjs", "docker-credential-aws-runas": "docker-credential-aws-runas.cjs" },
    exports: { ".": { types: "./index.d.ts", default: "./index.js" }, "./package.json": "./package.json" },
    files: [
      "aws-runas.cjs",
      "docker-credential-aws-runas.cjs",
      "chunks",
      "index.js",
      "index.d.ts",
      "library",
      "CHANGELOG.md",
      "THIRD-PARTY-NOTICES.txt",
    ],
    sideEffects: false,
    optionalDependencies: { [native]: dependencies[native] },
  };
}
