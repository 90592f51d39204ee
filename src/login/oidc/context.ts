/** What one login at an OpenID provider works with, whichever flow it takes. */

import type { OidcLogin } from "../../config/profile.ts";
import type { LoginTools } from "../login-tools.ts";
import type { ProviderHttp } from "../provider-http.ts";
import type { Discovered } from "./discovery.ts";

export interface LoginContext extends Discovered {
  readonly login: OidcLogin;
  readonly http: ProviderHttp;
  readonly tools: LoginTools;
  /** The issuer's host, for messages. */
  readonly host: string;
}
