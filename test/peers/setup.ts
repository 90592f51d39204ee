/** Installs and starts the peers once for the whole suite, and tells the tests where they are. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePort } from "./free-port.ts";
import { installPeers, python } from "./install.ts";
import { startKeycloak } from "./keycloak.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly keycloakUrl: string;
    readonly motoUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  installPeers();
  const keycloak = await startKeycloak(await freePort());
  const moto = await startMoto(await freePort());
  project.provide("keycloakUrl", keycloak.url);
  project.provide("motoUrl", moto.url);
  return async () => {
    moto.stop();
    await keycloak.stop();
  };
}

async function startMoto(port: number): Promise<{ url: string; stop: () => void }> {
  const server = spawn(join(python, "bin/moto_server"), ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return { url, stop: () => server.kill("SIGKILL") };
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error("moto did not start");
}
