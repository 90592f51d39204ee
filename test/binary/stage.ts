/** The sandbox and a home folder that knows it, for tests that start the built programs. */

import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { makeHome } from "./artefacts.ts";

export interface Stage {
  readonly sandbox: Sandbox;
  readonly home: string;
  /** HOME and what leads to the sandbox; no password. */
  readonly env: Readonly<Record<string, string>>;
  /** The same with alice's password, for both protocols. */
  readonly asAlice: Readonly<Record<string, string>>;
  /** Requests to the provider and calls of STS since the last call. */
  cost(): { provider: string[]; sts: string[] };
  close(): Promise<void>;
}

/** @param extraConfig for ~/.aws/config; a function gets the provider's issuer */
export async function setStage(extraConfig: string | ((issuer: string) => string) = "", credentials?: string): Promise<Stage> {
  const sandbox = await startSandbox();
  const extra = typeof extraConfig === "string" ? extraConfig : extraConfig(sandbox.provider.issuer);
  const home = makeHome(sandbox.configText + extra, credentials);
  const env = { HOME: home.path, ...sandbox.environment };
  const seen = { provider: 0, sts: 0 };
  return {
    sandbox,
    home: home.path,
    env,
    asAlice: { ...env, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password, SAML_PASSWORD: sandbox.users.alice.password },
    cost: () => {
      const [provider, sts] = [sandbox.provider.requests, sandbox.sts.actions()];
      const cost = { provider: provider.slice(seen.provider).map(({ method, path }) => `${method} ${path}`), sts: sts.slice(seen.sts) };
      Object.assign(seen, { provider: provider.length, sts: sts.length });
      return cost;
    },
    close: async () => {
      await sandbox.stop();
      home.remove();
    },
  };
}
