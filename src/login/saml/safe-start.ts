/** The page that a SAML login starts at in a browser: over https, or on this machine, as it gets the person's password. */

import { LoginError } from "../../errors.ts";
import { isLoopbackName } from "../../http/loopback.ts";

/** @throws LoginError "untrusted-destination" */
export function requireSafeStart({ protocol, host, hostname }: URL): void {
  if (protocol === "https:" || isLoopbackName(hostname)) return;
  throw new LoginError("untrusted-destination", `saml_auth_url leads to ${host} by plain http`, {
    provider: host,
    step: "browser",
    hint: "use its https address; plain http is for providers on this machine",
  });
}
