/** What is particular to one identity provider; everything else is the protocol's and lives in oidc/. */

import type { Page } from "../../http/page.ts";
import type { Metadata } from "../oidc/metadata.ts";

export interface Provider {
  /** As in web_identity_provider. */
  readonly name: string;
  /** True when a discovery document is this provider's. */
  readonly matches: (metadata: Metadata) => boolean;
  /** What a page wants that only a person can give, e.g. "the user has to change the password"; undefined when it is none of these. */
  readonly demandOf: (page: Page) => string | undefined;
  /** Where a person settles such a thing; undefined when only the page itself is known. */
  readonly accountUrl: (metadata: Metadata) => URL | undefined;
}
