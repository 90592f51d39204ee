/** Where a profile logs in, as pages and drivers know it, whichever protocol leads there. */

export interface Home {
  /** The driver of the profile's provider, by its name. */
  readonly driver: string;
  /** What the provider's session is kept for: OIDC's issuer, letter by letter; for SAML the origin (saml/session-id.ts), as one session serves all applications. */
  readonly id: string;
  /** OIDC's issuer; for SAML the URL that the login starts at. */
  readonly issuer: URL;
  /** Where the login starts: the authorization endpoint, or SAML's URL. */
  readonly entrance: URL;
}

/** Those of the provider's own pages. */
export function originsOf({ issuer, entrance }: Home): readonly string[] {
  return [issuer.origin, entrance.origin];
}
