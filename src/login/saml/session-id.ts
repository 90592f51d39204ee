/** What a provider's session is kept for where SAML made it: all applications of one origin, and never OIDC, whose jar holds other cookies. */

/** @param authUrl where the login starts */
export function samlSessionId(authUrl: string): string {
  return `saml ${new URL(authUrl).origin}`;
}
