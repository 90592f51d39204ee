/**
 * Which hosts are Entra's, by cloud, and which issuers a URL of its guides may mean.
 *
 * v2 publishes its document below `…/TENANT/v2.0`, as its issuer says, but with the tenant's id where the URL may have a domain. v1
 * publishes below `…/TENANT` and names an issuer on another host, which ends with a slash.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * @see https://learn.microsoft.com/answers/questions/1190472/what-are-the-token-issuers-for-the-sovereign-cloud for v1's issuers
 */

import { isInDomains } from "./hosts.ts";

interface Cloud {
  /** Where people log in. */
  readonly login: string;
  /** Other names of the same service. */
  readonly aliases: readonly string[];
  /** The host of v1's issuers. */
  readonly issuerV1: string;
  /** Where applications are started from: names of My Apps, now and before, which lead to `login` and ask for nothing themselves. */
  readonly portals: readonly string[];
}

const CLOUDS: readonly Cloud[] = [
  {
    login: "login.microsoftonline.com",
    aliases: ["login.microsoft.com", "login.windows.net", "sts.windows.net"],
    issuerV1: "sts.windows.net",
    portals: ["myapps.microsoft.com", "myapplications.microsoft.com", "account.activedirectory.windowsazure.com"],
  },
  {
    login: "login.microsoftonline.us",
    aliases: ["login.usgovcloudapi.net"],
    issuerV1: "sts.windows.net",
    portals: ["myapps.microsoft.us", "account.activedirectory.windowsazure.us"],
  },
  {
    login: "login.partner.microsoftonline.cn",
    aliases: ["login.chinacloudapi.cn", "sts.chinacloudapi.cn"],
    issuerV1: "sts.chinacloudapi.cn",
    portals: ["account.activedirectory.windowsazure.cn"],
  },
];
/** "User access URL"s of enterprise applications, which name the tenant in their query. */
const APPS_HOST = "myapps.microsoft.com";
const TENANT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isEntraHost(hostname: string): boolean {
  return cloudOf(hostname) !== undefined;
}

/** True for the portals that applications are started from, and for no other of Microsoft's sites. */
export function isPortal(hostname: string): boolean {
  return CLOUDS.some(({ portals }) => isInDomains(hostname, portals));
}

/** The origin that user names, passwords and codes are posted to in a host's cloud; none for a host that is neither Entra's nor a portal's. */
export function loginOriginsOf(hostname: string): readonly string[] {
  const cloud = cloudOf(hostname) ?? CLOUDS.find(({ portals }) => isInDomains(hostname, portals));
  return cloud === undefined ? [] : [`https://${cloud.login}`];
}

/** `…/TENANT/v2.0`, `…/TENANT/oauth2/v2.0`, `…/TENANT`, `…/TENANT/oauth2`, or an application's page in My Apps. */
export function issuersOf(authUrl: URL): readonly string[] | undefined {
  if (isInDomains(authUrl.hostname, [APPS_HOST])) return issuerOfApp(authUrl);
  const [tenant, ...rest] = authUrl.pathname.split("/").filter((part) => part !== "");
  if (tenant === undefined || tenant === ".well-known" || !isEntraHost(authUrl.hostname)) return undefined;
  const path = rest.join("/").replace(/\/?\.well-known\/openid-configuration$/, "");
  if (/^(oauth2\/)?v2\.0$/.test(path)) return [`${authUrl.origin}/${tenant}/v2.0`];
  return /^(oauth2)?$/.test(path) ? [`${authUrl.origin}/${tenant}`] : undefined;
}

/** An alias's document names the login host, v1's the host of its tokens; where the URL has the tenant's id, the issuer must have it too. */
export function acceptsIssuer(candidate: string, issuer: string): boolean {
  const [asked, named] = [new URL(candidate), new URL(issuer)];
  const cloud = cloudOf(asked.hostname);
  const [tenant = "", ...version] = named.pathname.split("/").slice(1);
  const wanted = asked.pathname.split("/")[1] ?? "";
  if (cloud === undefined || named.protocol !== "https:" || !TENANT_ID.test(tenant)) return false;
  if (TENANT_ID.test(wanted) && wanted.toLowerCase() !== tenant.toLowerCase()) return false;
  const rest = version.map((part) => `/${part}`).join("");
  return (named.host === cloud.issuerV1 && rest === "/") || (named.host === cloud.login && rest === "/v2.0");
}

function issuerOfApp(url: URL): readonly string[] | undefined {
  const tenant = [...url.searchParams].find(([name]) => name.toLowerCase() === "tenantid")?.[1];
  return tenant === undefined || !/^[\w.-]+$/.test(tenant) ? undefined : [`https://${CLOUDS[0]?.login}/${tenant}/v2.0`];
}

function cloudOf(hostname: string): Cloud | undefined {
  return CLOUDS.find(({ login, aliases }) => isInDomains(hostname, [login, ...aliases]));
}
