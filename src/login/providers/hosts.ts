/** Whether a host is in one of a provider's domains: the domain itself, or a name in it. */
export function isInDomains(hostname: string, domains: readonly string[]): boolean {
  return domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}
