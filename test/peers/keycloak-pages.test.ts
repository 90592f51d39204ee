/** Every page that a real Keycloak puts in a login's way, on both artefacts: answered, or named. */

import { afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, makeHome, type Outcome, run } from "../binary/artefacts.ts";
import { administer, createRealm, type KeycloakUser } from "./keycloak.ts";
import { askNameFirst, device, endSessions, offerEveryFactor, passkey, recoveryCodes } from "./keycloak-realms.ts";
import { openPane, type Pane } from "./tmux.ts";

const keycloak = { url: inject("keycloakUrl") };
const phone = "12345678901234567890";
const tablet = "09876543210987654321";
const codes = ["AAAABBBBCCCC", "DDDDEEEEFFFF", "GGGGHHHHIIII", "JJJJKKKKLLLL"];

const passwordOf = (username: string) => `${username}'s password`;
const user = (username: string, parts: Partial<KeycloakUser> = {}): KeycloakUser => ({
  username,
  password: passwordOf(username),
  ...parts,
});
/** A code is good for one use, so each test of each artefact has a user of its own. */
const each = (names: readonly string[], parts: Partial<KeycloakUser>) =>
  artefacts.flatMap((_, index) => names.map((name) => user(`${name}${index}`, parts)));

const actions: readonly (readonly [string, string])[] = [
  ["UPDATE_PASSWORD", "a new password"],
  ["CONFIGURE_TOTP", "an authenticator app to be set up"],
  ["VERIFY_EMAIL", "the e-mail address to be verified"],
  ["UPDATE_PROFILE", "the user's profile to be completed"],
  ["TERMS_AND_CONDITIONS", "its terms to be accepted"],
  ["webauthn-register", "a security key to be set up"],
  ["webauthn-register-passwordless", "a passkey to be set up"],
  ["CONFIGURE_RECOVERY_AUTHN_CODES", "recovery codes to be set up"],
  ["UPDATE_EMAIL", "a new e-mail address"],
];

beforeAll(async () => {
  await createRealm(keycloak, "factors", [
    ...each(["pia", "pat", "pim"], { credentials: [device("phone", phone), device("tablet", tablet)] }),
    ...each(["kim", "kai", "ken"], { credentials: [passkey(), device("phone", phone), recoveryCodes(...codes)] }),
    ...each(["rob", "ron"], { credentials: [device("phone", phone), recoveryCodes(...codes)] }),
    user("kay", { credentials: [passkey()] }),
  ]);
  await offerEveryFactor(keycloak, "factors");

  const users = actions.map(([action], index) => user(`user${index}`, { requiredActions: [action], more: { emailVerified: false } }));
  await createRealm(keycloak, "actions", [...users, user("vera", { more: { firstName: "" } })]);
  for (const [alias] of actions) {
    const action = await administer(keycloak, "GET", `/actions/authentication/required-actions/${alias}`);
    await administer(keycloak, "PUT", `/actions/authentication/required-actions/${alias}`, { ...(action as object), enabled: true });
  }

  await createRealm(keycloak, "name-first", [user("una"), user("una-key", { credentials: [passkey("webauthn-passwordless")] })], {
    webAuthnPolicyPasswordlessPasskeysEnabled: true,
  });
  await askNameFirst(keycloak, "name-first", ["auth-password-form", "webauthn-authenticator-passwordless"]);

  await createRealm(keycloak, "passkeys", [user("pam")], {
    webAuthnPolicyPasswordlessPasskeysEnabled: true,
    rememberMe: true,
    registrationAllowed: true,
    resetPasswordAllowed: true,
  });
  await createRealm(keycloak, "deutsch", [...each(["dora"], { totp: phone })], {
    internationalizationEnabled: true,
    supportedLocales: ["de"],
    defaultLocale: "de",
  });
  await createRealm(keycloak, "locked", [user("off", { more: { enabled: false } }), ...each(["lock"], {})], {
    bruteForceProtected: true,
    failureFactor: 1,
    waitIncrementSeconds: 600,
    quickLoginCheckMilliSeconds: 0,
  });
  await createRealm(keycloak, "consent", [...each(["connie"], {})]);
  const [client] = (await administer(keycloak, "GET", "/consent/clients?clientId=aws-runas")) as { id: string }[];
  await administer(keycloak, "PUT", `/consent/clients/${client?.id}`, { ...client, consentRequired: true });
  await createRealm(keycloak, "slow", [...each(["sam"], {})], { accessCodeLifespanLogin: 3, accessCodeLifespanUserAction: 3 });
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const number = artefacts.indexOf(artefact);
  let home: ReturnType<typeof makeHome> | undefined;
  let pane: Pane | undefined;
  afterEach(() => {
    pane?.close();
    home?.remove();
    pane = home = undefined;
  });

  function envAt(realm: string): Record<string, string> {
    home ??= makeHome(`[profile any]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/developer
web_identity_auth_url = ${keycloak.url}/realms/${realm}
web_identity_client_id = aws-runas
web_identity_redirect_uri = app:/callback
`);
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: inject("motoUrl") };
  }

  /** Without a terminal. */
  const logIn = (realm: string, username: string, ...flags: string[]): Promise<Outcome> =>
    run(artefact, ["-U", username, "-P", passwordOf(username), ...flags, "any", "true"], { env: envAt(realm) });

  function atTerminal(realm: string, username: string, ...flags: string[]): Pane {
    pane?.close();
    const words = [...artefact.command, "-U", username, "-P", passwordOf(username), ...flags, "any", "echo", "logged", "in"];
    const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    pane = openPane(line, { ...envAt(realm), PATH: process.env["PATH"] ?? "" });
    return pane;
  }

  test("with two devices a given code is the preset one's", async () => {
    expect(await logIn("factors", `pia${number}`, "-o", new Totp(phone).code())).toMatchObject({ status: 0, stderr: "" });
  });

  test("with two devices the person chooses by their names, and is not asked again", async () => {
    const first = atTerminal("factors", `pat${number}`);
    await first.shows(/Device for[\s\S]*phone[\s\S]*tablet/);
    first.press("Down", "Enter");
    await first.shows(/One-time code \(tablet\)/);
    first.type(new Totp(tablet).code());
    first.press("Enter");
    await first.shows(/logged in[\s\S]*ended with 0/);

    await endSessions(keycloak, "factors", `pat${number}`);
    const second = atTerminal("factors", `pat${number}`, "-r");
    expect(await second.shows(/One-time code/)).toMatch(/One-time code \(tablet\)/);
    expect(second.screen()).not.toContain("Device for");
  });

  test("a wrong code of a chosen device is asked for again", async () => {
    const terminal = atTerminal("factors", `pim${number}`);
    await terminal.shows(/Device for/);
    terminal.press("Down", "Enter");
    await terminal.shows(/One-time code \(tablet\)/);
    terminal.type("000000");
    terminal.press("Enter");
    await terminal.shows(/refuses the one-time code[\s\S]*One-time code \(tablet\)/);
    terminal.type(new Totp(tablet).code());
    terminal.press("Enter");
    expect(await terminal.shows(/ended with \d/)).toContain("ended with 0");
  });

  test("whose first factor is a passkey gets to a code by the other ways that the page offers", async () => {
    expect(await logIn("factors", `kim${number}`, "-o", new Totp(phone).code())).toMatchObject({ status: 0, stderr: "" });
  });

  test("who has a passkey, an app and recovery codes chooses between the last two, and is not asked again", async () => {
    const username = `kai${number}`;
    const first = atTerminal("factors", username);
    const screen = await first.shows(/Second factor for/);
    expect(screen).toMatch(/Authenticator Application[\s\S]*Recovery Authentication Code/);
    expect(screen).not.toContain("Passkey");
    first.press("Down", "Enter");
    await first.shows(/Recovery code #1/);
    first.type(codes[0]!);
    first.press("Enter");
    await first.shows(/ended with 0/);

    await endSessions(keycloak, "factors", username);
    const second = atTerminal("factors", username, "-r");
    expect(await second.shows(/Recovery code #2/)).not.toContain("Second factor");
  });

  test("a passkey that mfa_type names is said to need a browser", async () => {
    const outcome = await logIn("factors", `ken${number}`, "-t", "webauthn");
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/Passkey \(webauthn\)[\s\S]*hint: log in with a browser/);
  });

  test("mfa_type = recovery goes around the code that is asked for first, and its number is in the question", async () => {
    const terminal = atTerminal("factors", `rob${number}`, "-t", "recovery");
    await terminal.shows(/Recovery code #1/);
    terminal.type("wrong");
    terminal.press("Enter");
    await terminal.shows(/refuses the one-time code[\s\S]*Recovery code #1/);
    terminal.type(codes[0]!);
    terminal.press("Enter");
    expect(await terminal.shows(/ended with \d/)).toContain("ended with 0");
  });

  test("a recovery code is taken from -o", async () => {
    expect(await logIn("factors", `ron${number}`, "-t", "recovery", "-o", codes[0]!)).toMatchObject({ status: 0, stderr: "" });
  });

  test("a passkey without another way is named", async () => {
    const outcome = await logIn("factors", "kay");
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/asks for a passkey or security key/);
  });

  test.each(actions.map(([action, words], index) => [action, words, index] as const))(
    "the required action %s is named",
    async (action, words, index) => {
      const outcome = await logIn("actions", `user${index}`);
      expect(outcome.status).toBe(4);
      expect(outcome.stderr).toContain(`asks for ${words} (${action})`);
      expect(outcome.stderr).toContain(`open ${keycloak.url}/realms/actions/account in a browser`);
    },
  );

  test("a profile that lacks something is named", async () => {
    const outcome = await logIn("actions", "vera");
    expect(outcome.stderr).toContain("asks for the user's profile to be completed (VERIFY_PROFILE)");
  });

  test.each(["una", "una-key"])("user name and password on two pages are answered, with passkeys enabled (%s)", async (username) => {
    expect(await logIn("name-first", username)).toMatchObject({ status: 0, stderr: "" });
  });

  test("passkeys, registration and remember-me on the login page are let alone", async () => {
    expect(await logIn("passkeys", "pam")).toMatchObject({ status: 0, stderr: "" });
  });

  test("a login in German is answered, and its errors are told in German", async () => {
    const username = `dora${number}`;
    expect(await logIn("deutsch", username, "-o", new Totp(phone).code())).toMatchObject({ status: 0, stderr: "" });
    await endSessions(keycloak, "deutsch", username);
    const refused = await run(artefact, ["-r", "-U", username, "-P", "falsch", "any", "true"], { env: envAt("deutsch") });
    expect(refused.stderr).toContain("Ungültiger Benutzername oder Passwort");
  });

  test("a disabled account and a locked one are named in Keycloak's words", async () => {
    expect((await logIn("locked", "off")).stderr).toContain("Account is disabled, contact your administrator");
    const wrong = () => run(artefact, ["-U", `lock${number}`, "-P", "wrong", "any", "true"], { env: envAt("locked") });
    expect((await wrong()).stderr).toContain("Invalid username or password");
    const locked = await logIn("locked", `lock${number}`);
    expect(locked).toMatchObject({ status: 4 });
    expect(locked.stderr).toMatch(/refuses the user name or password: (Invalid username or password|Account is temporarily disabled)/);
  });

  test("consent is given", async () => {
    expect(await logIn("consent", `connie${number}`)).toMatchObject({ status: 0, stderr: "" });
  });

  test("who takes too long to type starts over, and nothing counts as refused", async () => {
    home = undefined;
    const env = envAt("slow");
    const line = [...artefact.command, "any", "echo", "logged", "in"].join(" ");
    const terminal = (pane = openPane(line, { ...env, PATH: process.env["PATH"] ?? "" }));
    await terminal.shows(/User name/);
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    const answer = (text: string) => {
      terminal.type(text);
      terminal.press("Enter");
    };
    answer(`sam${number}`);
    await terminal.shows(/Password/);
    answer(passwordOf(`sam${number}`));
    await terminal.shows(/User name[\s\S]*User name/);
    expect(terminal.screen()).not.toMatch(/refuses/);
    answer("");
    await terminal.shows(/Password[\s\S]*Password/);
    answer(passwordOf(`sam${number}`));
    await terminal.shows(/ended with 0/);
  });

  test("a client that is not registered is named in Keycloak's words", async () => {
    const outcome = await run(artefact, ["-C", "nobody", "-U", "pam", "-P", "x", "any", "true"], { env: envAt("passkeys") });
    expect(outcome).toMatchObject({ status: 4 });
    expect(outcome.stderr).toContain("answers 400: Client not found");
  });
});
