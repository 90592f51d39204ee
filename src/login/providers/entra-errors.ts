/**
 * Entra's error numbers (AADSTS…) → what is wrong and what can be done about it.
 *
 * Conditional access tells a client which kind of policy stopped it, and never the policy's name: that is in the tenant's sign-in log.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */

import type { ProviderLogin } from "../../config/profile.ts";
import { settingKey } from "../../config/setting-key.ts";
import { type ErrorCode, LoginError, shorten } from "../../errors.ts";
import type { SignIn } from "./provider.ts";

/** Where it names what a profile can change, by the protocol. */
type Hint = string | ((login: ProviderLogin) => string);

interface Meaning {
  readonly code: ErrorCode;
  /** Goes on from "… refuses the login: ", or from "… asks for " where a person has to do something. */
  readonly what: string;
  readonly hint?: Hint | undefined;
  /** Only a browser can show or prove it. */
  readonly takesBrowser?: boolean;
}

export const SECURITY_INFO = "open https://aka.ms/mysecurityinfo in a browser, set it up, then try again";
const SIGN_IN_LOG = "the tenant's sign-in log in https://entra.microsoft.com says why";
const USER_ACCESS_URL =
  "saml_auth_url must be the application's User access URL (Properties of the enterprise application), of the user's own tenant";
const CLIENT_ID = byProtocol(
  "web_identity_client_id must be the application (client) id of an app registration in the tenant of web_identity_auth_url",
  USER_ACCESS_URL,
);
const REPLY_URL = byProtocol(
  "register web_identity_redirect_uri, letter by letter, under Authentication of the app registration",
  "AWS's address (https://signin.aws.amazon.com/saml) must be among the Reply URLs, under Single sign-on of the enterprise application",
);

const refused = (what: string, hint?: Hint): Meaning => ({ code: "provider-refused", what, hint });
const browser = (what: string, hint?: Hint): Meaning => ({ ...refused(what, hint), takesBrowser: true });
const asked = (what: string, hint: string): Meaning & { readonly hint: string } => ({ code: "page-not-answerable", what, hint });
const policy = (what: string): Meaning => browser(`conditional access ${what}`, SIGN_IN_LOG);

const COMPLIANT = policy("wants a device that is managed and compliant");
const JOINED = policy("wants a device that is joined to the domain");
const APPROVED = policy("wants an approved application");
const DEVICE = policy("wants the device to be registered and to prove it");
const NO_GUEST = refused(
  "this user is not known in the tenant and is no guest there",
  (login) => `have the user invited as a guest, or put another tenant into ${settingKey(login, "auth_url")}`,
);
const NO_TENANT = refused(
  "there is no such tenant",
  (login) => `${settingKey(login, "auth_url")} must hold the tenant's id or one of its domains`,
);
const NO_USER = refused(
  "there is no such user in the tenant",
  (login) => `check ${settingKey(login, "username")} and the tenant in ${settingKey(login, "auth_url")}`,
);
const BAD_REQUEST = refused("it does not take the SAML request of the application", USER_ACCESS_URL);
export const NEW_PASSWORD = asked(
  "a new password",
  "open https://aka.ms/sspr, or any Microsoft page, in a browser, set one, then try again",
);
const STRONG_AUTHENTICATION = policy("wants a second factor that this login did not give");
const REGISTRATION = asked("a second factor to be set up", SECURITY_INFO);
export const CONSENT = asked(
  "consent to what the application may see",
  "have an administrator grant it under API permissions of the app registration, or log in once with a browser",
);
const FEDERATION = refused(
  "the answer of the identity provider that the user's domain is federated with is not accepted",
  `check the federation of the domain; ${SIGN_IN_LOG}`,
);
const ON_PREMISES = refused("the password could not be checked: the agent in the organisation's own network does not answer", "try again");
const OTHER_TENANT = refused("rules about other tenants keep this user or network out", SIGN_IN_LOG);
const AGAIN = refused("the login took too long or its session has ended", "try again");

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    "16000": NO_GUEST,
    "20001": FEDERATION,
    "20012": FEDERATION,
    "50001": refused("what the application asks for does not exist in the tenant", CLIENT_ID),
    "50002": OTHER_TENANT,
    "500021": OTHER_TENANT,
    "500022": OTHER_TENANT,
    "500212": OTHER_TENANT,
    "500213": OTHER_TENANT,
    "50005": policy("does not let this platform in"),
    "50008": FEDERATION,
    "50014": NO_GUEST,
    "50011": refused("the redirect URI is not registered for the application", REPLY_URL),
    "50020": NO_GUEST,
    "50034": NO_USER,
    "50053": refused("the account is locked after too many wrong passwords, or this network is blocked", SIGN_IN_LOG),
    "50055": NEW_PASSWORD,
    "50056": browser("this user has no password there"),
    "50057": refused("the account is disabled", "an administrator can enable it"),
    "50059": NO_TENANT,
    "50072": REGISTRATION,
    "50074": STRONG_AUTHENTICATION,
    "50076": STRONG_AUTHENTICATION,
    "50078": STRONG_AUTHENTICATION,
    "50079": REGISTRATION,
    "50089": AGAIN,
    "50097": DEVICE,
    "50107": FEDERATION,
    "50105": refused("this user is not assigned to the application", "assign it under Users and groups of the enterprise application"),
    "500121": refused("the second factor was not given", "try again"),
    "500133": AGAIN,
    "50125": asked("security information to be set up", SECURITY_INFO),
    "50127": APPROVED,
    "50128": NO_TENANT,
    "50129": DEVICE,
    "50131": policy("refuses this login (device state, suspicious activity or another rule)"),
    "50132": AGAIN,
    "50133": AGAIN,
    "50135": NEW_PASSWORD,
    "50144": NEW_PASSWORD,
    "50155": DEVICE,
    "50158": policy("wants a challenge of another provider to be passed"),
    "50187": DEVICE,
    "50194": NO_TENANT,
    "50196": refused("too many logins in too short a time", "wait some minutes"),
    "50203": REGISTRATION,
    "51004": NO_GUEST,
    "53000": COMPLIANT,
    "53001": JOINED,
    "53002": APPROVED,
    "53003": policy("blocks this login"),
    "53004": policy("blocks the second factor from being set up, for the risk it sees"),
    "53008": policy("wants a managed browser"),
    "53009": policy("wants an application that protects data"),
    "53010": policy("lets security information be set up from certain places or devices only"),
    "53011": policy("blocks this user for the risk it sees"),
    "530034": policy("blocks a delegated administrator for the risk it sees"),
    "530035": browser("security defaults block this login"),
    "65001": CONSENT,
    "65004": CONSENT,
    "700016": refused("the application is not known in the tenant", CLIENT_ID),
    "700011": refused("the application is not known in the tenant", CLIENT_ID),
    "70001": refused("the application is disabled", CLIENT_ID),
    "75001": BAD_REQUEST,
    "75003": BAD_REQUEST,
    "75005": BAD_REQUEST,
    "75008": BAD_REQUEST,
    "75016": BAD_REQUEST,
    "75011": browser("the application's request wants the user to log in by other means"),
    "750054": refused("there is no SAML request in the URL", USER_ACCESS_URL),
    "80001": ON_PREMISES,
    "80002": ON_PREMISES,
    "80005": ON_PREMISES,
    "80012": refused("the account may not log in at this hour"),
    "80014": ON_PREMISES,
    "90002": NO_TENANT,
    "90072": NO_GUEST,
    "90094": CONSENT,
    "90095": CONSENT,
  }),
);
/** Numbers with one more digit say the same more closely. */
const FAMILIES = /^(5300[0-3]|53008|50034|50127|50129)\d$|^50020[12]$/;

type Where = Pick<SignIn, "provider" | "login" | "useBrowser">;

/**
 * The error for a number, which may be empty; `text` is what Entra says itself, for numbers that are not known here.
 */
export function refusalOf(number: string, text: string, { provider, login, useBrowser }: Where): LoginError {
  const meaning = MEANINGS.get(number) ?? MEANINGS.get(FAMILIES.test(number) ? number.slice(0, 5) : "");
  const details = { provider, step: "login form" };
  if (meaning === undefined) {
    const known = text === "" ? "no reason is given" : text;
    const words = number === "" || text.includes(number) ? known : `${known} (AADSTS${number})`;
    return new LoginError("provider-refused", shorten(`${provider} refuses the login: ${words}`), { ...details, hint: SIGN_IN_LOG });
  }
  const own = typeof meaning.hint === "function" ? meaning.hint(login) : meaning.hint;
  const hints = [meaning.takesBrowser === true ? useBrowser : undefined, own].filter((hint) => hint !== undefined);
  const hint = hints.length === 0 ? undefined : hints.join("; ");
  const verb = meaning.code === "page-not-answerable" ? "asks for" : "refuses the login:";
  return new LoginError(meaning.code, `${provider} ${verb} ${meaning.what} (AADSTS${number})`, { ...details, hint });
}

function byProtocol(oidc: string, saml: string): Hint {
  return ({ kind }) => (kind === "saml" ? saml : oidc);
}

/** For a page without a number. */
export function notAnswerable(what: string, { provider, useBrowser }: Omit<Where, "login">, hint = useBrowser): LoginError {
  return new LoginError("page-not-answerable", `${provider} asks for ${what}`, { provider, step: "login form", hint });
}
