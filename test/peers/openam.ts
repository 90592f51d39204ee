/**
 * A real OpenAM on loopback: starts it in Tomcat with a directory of its own, and makes the realms `/`, `/corp` and `/mfa`, with an OpenID
 * provider, two public clients and one-time code chains in each, and `/corp/staff` with nothing.
 *
 * It wants a host name with a dot, which goes into /etc/hosts, and it stays in English: `Authenticator (OATH)` is the module that keeps devices
 * in the user's profile and asks by a NameCallback, `OATH` the older one that asks by a PasswordCallback.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { openAmFolder, tomcatFolder } from "./install.ts";
import { type AwsOffer, offerAws, rolesAttribute } from "./openam-saml.ts";

export interface OpenAm {
  /** "http://openam.example.test:18090/openam". */
  readonly url: string;
  createUser(user: OpenAmUser): Promise<void>;
  /** Makes a realm a SAML identity provider for AWS. */
  offerAws(offer: AwsOffer): Promise<void>;
  stop(): Promise<void>;
}

/** Known in all realms. */
export interface OpenAmUser {
  readonly username: string;
  readonly password: string;
  /** Raw secret of a device for both chains; six digits, 30 seconds, SHA-1. */
  readonly totp?: string;
  /** For SAML, as AWS takes them: "role-arn,provider-arn". */
  readonly roles?: readonly string[];
}

type Json = Record<string, unknown>;
type Call = (method: string, path: string, body?: Json, accepted?: readonly number[]) => Promise<Json>;

const HOST = "openam.example.test";
const administrator = { username: "amadmin", password: "admin-of-the-test" };
/** OpenAM looks into the JDK, and takes a while longer without these. */
const JVM = [
  "-Xmx1200m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Djava.awt.headless=true",
  "-Djava.security.egd=file:/dev/urandom",
  ...["java.base/sun.security.tools.keytool", "java.base/sun.security.x509", "java.management/sun.management"].map(
    (name) => `--add-exports=${name}=ALL-UNNAMED`,
  ),
  "--add-exports=java.xml/com.sun.org.apache.xerces.internal.dom=ALL-UNNAMED",
  ...["lang", "lang.reflect", "net", "util", "util.regex"].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
];

export async function startOpenAm(): Promise<OpenAm> {
  nameThisMachine();
  const [port, ...directoryPorts] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const url = `http://${HOST}:${port}/openam`;
  const folder = mkdtempSync(join(tmpdir(), "openam-"));
  const server = startTomcat(folder, port);
  const stop = () => stopServer(server, folder);
  try {
    await untilAnswering(url, server);
    await configure(url, folder, directoryPorts);
    const call = await asAdministrator(url);
    await createRealms(call);
    return {
      url,
      stop,
      createUser: (user) => createUser(call, user),
      offerAws: (offer) => offerAws(offer, url, folder, call),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function nameThisMachine(): void {
  const isNamed = readFileSync("/etc/hosts", "utf8")
    .split("\n")
    .some((line) => /^127\.0\.0\.1\s/.test(line) && line.includes(HOST));
  if (!isNamed) appendFileSync("/etc/hosts", `127.0.0.1 ${HOST}\n`);
}

function startTomcat(folder: string, port: number): ChildProcess {
  for (const name of ["conf", "logs", "temp", "work", "webapps", "home", "config"]) mkdirSync(join(folder, name));
  for (const name of ["web.xml", "catalina.properties"]) cpSync(join(tomcatFolder, "conf", name), join(folder, "conf", name));
  writeFileSync(
    join(folder, "conf/server.xml"),
    `<Server port="-1"><Service name="Catalina"><Connector address="127.0.0.1" port="${port}" protocol="HTTP/1.1" maxThreads="50"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false">
<Context path="/openam" docBase="${openAmFolder}"/></Host></Engine></Service></Server>`,
  );
  const places = { "user.home": "home", "java.io.tmpdir": "temp", "catalina.base": "" };
  const properties = Object.entries(places).map(([name, path]) => `-D${name}=${join(folder, path)}`);
  const libraries = ["bootstrap.jar", "tomcat-juli.jar"].map((name) => join(tomcatFolder, "bin", name)).join(":");
  const main = ["-cp", libraries, join(import.meta.dirname, "programs/LoopbackTomcat.java"), "start"];
  return spawn("java", [...JVM, ...properties, `-Dcatalina.home=${tomcatFolder}`, ...main], { stdio: ["ignore", "pipe", "pipe"] });
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  let output = "";
  server.stdout?.on("data", (chunk) => (output = (output + chunk).slice(-4000)));
  server.stderr?.on("data", (chunk) => (output = (output + chunk).slice(-4000)));
  const end = Date.now() + 120_000;
  while (Date.now() < end && server.exitCode === null) {
    const isUp = await fetch(`${url}/`, { redirect: "manual" }).then(
      ({ status }) => status < 400,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error(`OpenAM did not start:\n${output}`);
}

async function configure(url: string, folder: string, [directoryPort, adminPort, jmxPort]: readonly number[]): Promise<void> {
  const { password } = administrator;
  const settings = {
    SERVER_URL: new URL(url).origin,
    DEPLOYMENT_URI: "/openam",
    BASE_DIR: join(folder, "config"),
    locale: "en_US",
    PLATFORM_LOCALE: "en_US",
    AM_ENC_KEY: "a key of 24 characters or",
    acceptLicense: "true",
    ADMIN_PWD: password,
    ADMIN_CONFIRM_PWD: password,
    AMLDAPUSERPASSWD: `${password}-2`,
    AMLDAPUSERPASSWD_CONFIRM: `${password}-2`,
    COOKIE_DOMAIN: ".example.test",
    DATA_STORE: "embedded",
    DIRECTORY_SSL: "SIMPLE",
    DIRECTORY_SERVER: HOST,
    DIRECTORY_PORT: String(directoryPort),
    DIRECTORY_ADMIN_PORT: String(adminPort),
    DIRECTORY_JMX_PORT: String(jmxPort),
    ROOT_SUFFIX: "dc=openam,dc=example,dc=test",
    DS_DIRMGRDN: "cn=Directory Manager",
    DS_DIRMGRPASSWD: `${password}-3`,
  };
  const response = await fetch(`${url}/config/configurator`, { method: "POST", body: new URLSearchParams(settings) });
  const text = await response.text();
  if (!text.includes("Configuration complete")) throw new Error(`OpenAM is not configured: ${text}`);
}

async function asAdministrator(url: string): Promise<Call> {
  const { username, password } = administrator;
  const login = await fetch(`${url}/json/realms/root/authenticate`, {
    method: "POST",
    headers: { "x-openam-username": username, "x-openam-password": password, "accept-api-version": "resource=2.0, protocol=1.0" },
  });
  const { tokenId } = (await login.json()) as { tokenId: string };
  return async (method, path, body, accepted = [200, 201]) => {
    const response = await fetch(`${url}/json${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        "accept-api-version": "protocol=1.0,resource=1.0",
        "x-requested-with": "test",
        iplanetdirectorypro: tokenId,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!accepted.includes(response.status)) throw new Error(`OpenAM answered ${response.status} to ${method} ${path}: ${text}`);
    return { status: response.status, ...(JSON.parse(text === "" ? "{}" : text) as Json) };
  };
}

/** The default chain of `/mfa` asks for a code of Authenticator (OATH); the others have it as "otp_fr", and OATH as "otp". */
async function createRealms(call: Call): Promise<void> {
  for (const name of ["", "corp", "mfa"]) {
    const realm = `/realms/root${name === "" ? "" : `/realms/${name}`}`;
    if (name !== "") await call("POST", "/global-config/realms?_action=create", { name, parentPath: "/", active: true, aliases: [] });
    await createOpenIdProvider(call, `${realm}/realm-config`);
    await createClient(call, realm, { id: "aws", isConsentImplied: true });
    await createClient(call, realm, { id: "asking", isConsentImplied: false });
    // A new realm copies the chains of its parent.
    if (name === "") await createChains(call, `${realm}/realm-config/authentication`);
    if (name === "mfa") await setDefaultChain(call, `${realm}/realm-config/authentication`, "otp_fr");
  }
  await call("POST", "/global-config/realms?_action=create", { name: "staff", parentPath: "/corp", active: true, aliases: [] });
}

async function createOpenIdProvider(call: Call, config: string): Promise<void> {
  const template = await call("POST", `${config}/services/oauth-oidc?_action=template`);
  Object.assign(template["advancedOAuth2Config"] as Json, {
    clientsCanSkipConsent: true,
    codeVerifierEnforced: true,
    tokenSigningAlgorithm: "RS256",
    supportedScopes: ["openid", "profile"],
    responseTypeClasses: [
      "code|org.forgerock.oauth2.core.AuthorizationCodeResponseTypeHandler",
      "id_token|org.forgerock.openidconnect.IdTokenResponseTypeHandler",
    ],
  });
  await call("POST", `${config}/services/oauth-oidc?_action=create`, withoutStatus(template), [200, 201, 409]);
}

/** The first client of a new realm can only be made by the older interface, which knows nothing but its name. */
async function createClient(call: Call, realm: string, { id, isConsentImplied }: { id: string; isConsentImplied: boolean }): Promise<void> {
  const userpassword = "a public client has no use for this";
  const prefix = "com.forgerock.openam.oauth2provider.";
  const agents = `${realm}/realm-config/agents/OAuth2Client`;
  await call("POST", `${realm}/agents?_action=create`, { username: id, agenttype: ["OAuth2Client"], userpassword: [userpassword] });
  const template = await call("POST", `${agents}?_action=template`);
  await call("PUT", `${agents}/${id}`, {
    ...withoutStatus(template),
    [`${prefix}clientType`]: "Public",
    [`${prefix}redirectionURIs`]: ["[0]=app:/callback"],
    [`${prefix}scopes`]: ["[0]=openid", "[1]=profile"],
    [`${prefix}idTokenSignedResponseAlg`]: "RS256",
    [`${prefix}tokenEndPointAuthMethod`]: "client_secret_post",
    [`${prefix}clientName`]: [`[0]=${id}`],
    isConsentImplied,
    userpassword,
  });
}

async function createChains(call: Call, authentication: string): Promise<void> {
  const modules = {
    oath: { _id: "TOTP", oathAlgorithm: "TOTP", secretKeyAttribute: "employeeNumber", lastLoginTimeAttribute: "sunIdentityMSISDNNumber" },
    authenticatoroath: { _id: "FRTOTP", oathAlgorithm: "TOTP", oathIssuerName: "OpenAM" },
  };
  for (const [kind, settings] of Object.entries(modules)) {
    const template = await call("POST", `${authentication}/modules/${kind}?_action=template`);
    await call("POST", `${authentication}/modules/${kind}?_action=create`, { ...withoutStatus(template), ...settings });
  }
  for (const [name, module] of [
    ["otp", "TOTP"],
    ["otp_fr", "FRTOTP"],
    ["mfa_oath_authentication", "TOTP"],
  ]) {
    await call("POST", `${authentication}/chains?_action=create`, {
      _id: name,
      authChainConfiguration: [
        { module: "DataStore", criteria: "REQUISITE", options: {} },
        { module, criteria: "REQUIRED", options: {} },
      ],
      loginSuccessUrl: [],
      loginFailureUrl: [],
      loginPostProcessClass: [],
    });
  }
}

async function setDefaultChain(call: Call, authentication: string, name: string): Promise<void> {
  const settings = await call("GET", authentication);
  (settings["core"] as Json)["orgConfig"] = name;
  await call("PUT", authentication, withoutStatus(settings));
}

async function createUser(call: Call, { username, password, totp, roles = [] }: OpenAmUser): Promise<void> {
  const person = { mail: [`${username}@example.test`], givenName: [username], sn: ["Tester"], cn: [username], userpassword: password };
  const names = { ...person, ...(roles.length === 0 ? {} : { [rolesAttribute]: roles }) };
  await call("POST", "/realms/root/users?_action=create", { username, ...names });
  if (totp === undefined) return;
  const secret = Buffer.from(totp).toString("hex");
  const device = {
    deviceName: "phone",
    sharedSecret: secret,
    counter: 0,
    lastLogin: 0,
    clockDriftSeconds: 0,
    truncationOffset: -1,
    checksumDigit: false,
    recoveryCodes: [],
    uuid: "11111111-1111-1111-1111-111111111111",
  };
  const devices = { employeeNumber: [secret], oathDeviceProfiles: [JSON.stringify(device)], oath2faEnabled: ["2"] };
  await call("PUT", `/realms/root/users/${username}`, { ...names, ...devices });
}

/** Without what is not a setting: `_id`, `_rev`, `_type` and our own. */
function withoutStatus(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([name]) => name !== "status" && !name.startsWith("_")));
}

async function stopServer(server: ChildProcess, folder: string): Promise<void> {
  const ended = server.exitCode === null ? new Promise((resolve) => server.once("exit", resolve)) : undefined;
  server.kill("SIGKILL");
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
