/** What is particular to one identity provider. The protocols are in oidc/ and saml/, reading and answering login pages in forms/. */

import type { OidcLogin, ProviderLogin, SamlLogin } from "../../config/profile.ts";
import type { Page } from "../../http/page.ts";
import type { Secret } from "../../secret.ts";
import type { Clock, HttpRequest, HttpResponse, Terminal } from "../../world.ts";
import type { FactorChooser } from "../forms/factors.ts";
import type { LoginAnswers } from "../forms/answers.ts";
import type { Demand } from "../forms/demand.ts";
import type { Home } from "../forms/home.ts";
import type { Metadata } from "../oidc/metadata.ts";

export interface Provider {
  /** As in web_identity_provider and saml_provider. */
  readonly name: string;
  /** Other names that these take for it. */
  readonly aliases?: readonly string[];
  /** True when a discovery document is this provider's. */
  readonly matches: (metadata: Metadata) => boolean;
  /** True when a host is one of this provider's own, by its suffix; vanity domains are found by `matches`. */
  readonly ownsHost?: (hostname: string) => boolean;
  /** True when an address is of this provider's pages, wherever it is hosted: for where a federation led. */
  readonly ownsPage?: (page: URL) => boolean;
  /** Which of several issuers on its host a page belongs to: "sso.example/realms/r". */
  readonly placeOf?: (page: URL) => string | undefined;
  /** What the authorization request says besides the protocol's own. */
  readonly authorizationParameters?: (login: OidcLogin) => Readonly<Record<string, string>>;
  /** Issuers that a URL of this provider's guides may mean, most likely first; undefined when the URL is none of these. */
  readonly issuersOf?: (authUrl: URL) => readonly string[] | undefined;
  /** True when a discovery document found under `candidate` may name this issuer, though it differs. */
  readonly acceptsIssuer?: (candidate: string, issuer: string) => boolean;
  /** Where a SAML login starts, when saml_auth_url names no page to start at, or has more in it than the provider may see; on the same origin. Undefined: at that URL. */
  readonly samlStart?: (authUrl: URL, login: SamlLogin) => URL | undefined;
  /** Origins, apart from the issuer's, that this provider's user names, passwords and codes are posted to. */
  readonly loginOrigins?: (home: Home, login: ProviderLogin) => readonly string[];
  /** The SAML response in base64, by an interface of this provider's own; undefined leaves the login to its pages. */
  readonly samlResponse?: (signIn: SignIn) => Promise<Secret | undefined>;
  /** What the browser flow's redirect URI is best registered as; undefined where one without a port will do. */
  readonly browserRedirect?: { readonly uri: string; readonly as?: string };
  /** Where this provider sends the users of its device flow, apart from its own hosts: pages of which nothing but the query may differ. */
  readonly devicePages?: readonly string[];
  /**
   * Goes on from a page that is not a plain HTML form, by this provider's own interface; undefined leaves the page to the form walker.
   *
   * @returns the request that a browser would make next: often what the login started with again, once the session knows the user.
   */
  readonly answer?: (response: HttpResponse, signIn: SignIn) => Promise<HttpRequest | undefined>;
  /** What a page of HTML wants, where the form walker would not see it, e.g. "a new password" of a person; undefined leaves the page to that. */
  readonly read?: (page: Page, signIn: SignIn) => Demand | undefined;
  /** Where a person settles what only a person can; undefined when only the page itself is known. */
  readonly accountUrl?: (home: Home) => URL | undefined;
}

/** What a provider's own way to log in works with. */
export interface SignIn {
  /** The host that questions and errors name. */
  readonly provider: string;
  readonly home: Home;
  readonly login: ProviderLogin;
  /** What this login starts with, an authorization request or SAML's URL; where a federation led to another provider, the page that it led to. */
  readonly startUrl: URL;
  /**
   * One exchange with the session's cookies; redirects are not followed. `holdsSecrets` says that user name, password or code are in it.
   *
   * @throws LoginError "untrusted-destination" for secrets to an origin that nobody vouched for; "provider-unreachable"
   */
  readonly send: (request: HttpRequest, holdsSecrets: boolean) => Promise<HttpResponse>;
  /** Keeps a cookie that a page's script would set for `url`; `cookie` is as in a Set-Cookie header. */
  readonly keepCookie: (url: URL, cookie: string) => Promise<void>;
  /**
   * Asked before a person is asked for what would go there. A request that `answer` gives is checked in any case, one with a body as
   * one that holds secrets.
   *
   * @throws LoginError "untrusted-destination"
   */
  readonly checkDestination: (url: URL) => void;
  /** Lets secrets be posted to an https origin that the provider itself named: the identity provider of a federation. */
  readonly vouchFor: (url: URL) => void;
  /** What to do about what only a browser can show or prove, for hints: by the profile's own provider, wherever a federation led. */
  readonly useBrowser: string;
  /** User name, password and codes; asked for again they count as refused. */
  readonly answers: LoginAnswers;
  readonly factors: FactorChooser;
  readonly terminal: Terminal;
  readonly clock: Clock;
}
