/** NODE_TLS_REJECT_UNAUTHORIZED: with it both runtimes would talk to anyone who claims to be the provider. */

import { ConfigError } from "../errors.ts";
import type { Environment } from "../world.ts";

/** @throws ConfigError where it turns the check of certificates off */
export function refuseUncheckedTls(env: Environment): void {
  const value = env["NODE_TLS_REJECT_UNAUTHORIZED"];
  if (value !== "0" && value !== "false") return;
  throw new ConfigError("config-value", `NODE_TLS_REJECT_UNAUTHORIZED=${value} turns off the check of every server's certificate`, {
    hint: "unset it; AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS add certificates to trust",
  });
}
