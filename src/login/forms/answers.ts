/**
 * What a login form is answered with: user name, password and one-time code, from the profile, a flag, the environment or the store, else
 * asked of the person.
 *
 * A form that asks again for what it was given has refused it. What was stored or given is never tried twice, for accounts get locked, nor by
 * another run within the next minute (refused-password.ts); a person may type three times.
 */

import { describeOrigin } from "../../config/origin.ts";
import type { ProviderLogin } from "../../config/profile.ts";
import { settingKey, settingVariable } from "../../config/setting-key.ts";
import { LoginError, PersonNeededError, shorten } from "../../errors.ts";
import { Secret, withoutSecrets } from "../../secret.ts";
import type { LoginTools } from "../login-tools.ts";
import type { ChosenFactor, FactorKind } from "./factors.ts";
import { findRefusal, type KnownPassword, markRefused } from "./refused-password.ts";

export type AnswerTools = Pick<LoginTools, "terminal" | "storedPassword" | "store" | "clock">;

/** What a page asks for, and the error it shows. */
export interface Asked {
  readonly username?: boolean;
  readonly password?: boolean;
  readonly code?: boolean;
  readonly error: string | undefined;
  /**
   * The second factor that the code is of, where one was chosen by a `FactorChooser`: mfa_type is settled then. A code of another factor than
   * the last is no repetition. Undefined for a page that only shows a field for a code.
   */
  readonly factor?: ChosenFactor | undefined;
}

export interface Answered {
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly code: Secret | undefined;
}

/** What came of giving something to a provider: it took it, or it refuses it in these words. */
export type Tried<T> = { readonly taken: T } | { readonly refused: string | undefined };

type Part = "username" | "password" | "code";

const MAX_TRIES = 3;
const OTHER_FACTOR = "choose another second factor by mfa_type";
/** Values of mfa_type that a code typed on a page may satisfy. */
const CODE_TYPES = new Set(["auto", "code", "otp", "totp", "sms", "email", "call", "recovery"]);

/** Their codes were sent just now: one that was given beforehand is another one. */
const SENT: ReadonlySet<FactorKind> = new Set(["sms", "call", "email"]);

/** A shorter one stands in words by chance: taking it out there would tell more than it hides. */
const MIN_MASKED_LENGTH = 4;

/** A given code is good for one use, however many logins this process makes. */
const spentCodes = new WeakSet<Secret>();

/** The answers given in one login, and which of them were refused. `provider` is the host that questions and errors name. */
export class LoginAnswers {
  readonly #login: ProviderLogin;
  readonly #provider: string;
  readonly #tools: AnswerTools;
  /** The answers at the provider itself, for those at a host that it led to. */
  readonly #home: LoginAnswers | undefined;
  readonly #elsewhere = new Map<string, LoginAnswers>();
  #typedName: string | undefined;
  /** What the last code was of. */
  #factor: string | undefined;
  /** What was given last, and where it came from; undefined means typed. */
  readonly #given = new Map<Part, string | undefined>();
  /** The password given last, if it was not typed; until it is taken. */
  #known: KnownPassword | undefined;
  /** Accepted by the provider: if asked for again, it is wanted for something else and counts as no refusal. */
  readonly #accepted = new Set<Part>();
  /** Of the whole login. */
  readonly #secrets: Secret[];
  #refusals = 0;
  #codeRefusals = 0;

  constructor(login: ProviderLogin, provider: string, tools: AnswerTools, home?: LoginAnswers) {
    this.#login = login;
    this.#provider = provider;
    this.#tools = tools;
    this.#home = home;
    this.#secrets = home === undefined ? [] : home.#secrets;
  }

  /** The answers at another host, where a federation led: questions name it, its user name is federated_username, its refusals are its own. */
  at(host: string): LoginAnswers {
    if (this.#home !== undefined) return this.#home.at(host);
    const found = this.#elsewhere.get(host) ?? new LoginAnswers(this.#login, host, this.#tools, this);
    this.#elsewhere.set(host, found);
    return found;
  }

  /** True once a form was answered, at whatever host. */
  get wereGiven(): boolean {
    return this.#home?.wereGiven ?? this.#places.some((place) => place.#given.size > 0);
  }

  get #places(): readonly LoginAnswers[] {
    return [this, ...this.#elsewhere.values()];
  }

  /** True once a password was given here. */
  get hasPassword(): boolean {
    return this.#given.has("password");
  }

  /** Configured or typed. */
  get username(): string | undefined {
    return this.#configuredName?.value ?? this.#typedName ?? this.#home?.username;
  }

  get #configuredName(): ProviderLogin["username"] {
    const { username, federatedUsername } = this.#login;
    return this.#home === undefined ? username : (federatedUsername ?? username);
  }

  /** @throws LoginError `credentials-refused`, `code-refused`; PersonNeededError; CancelledError */
  async give(asked: Asked): Promise<Answered> {
    this.#noticeRefusal(asked);
    const username = asked.username ? await this.#giveUsername() : undefined;
    const password = asked.password ? await this.#givePassword() : undefined;
    const code = asked.code ? await this.#giveCode(asked.factor) : undefined;
    this.#secrets.push(...[password, code].filter((secret) => secret !== undefined));
    return { username, password, code };
  }

  /** The code of a chosen factor, or the answer to its question. Throws as `give`. */
  async giveCode(factor: ChosenFactor, error: string | undefined): Promise<Secret> {
    this.#noticeRefusal({ code: true, factor, error });
    const code = await this.#giveCode(factor);
    this.#secrets.push(code);
    return code;
  }

  /** Again and again until the provider takes it, with what it said of the last; what is given in `attempt` ends that. */
  async untilTaken<T>(attempt: (error: string | undefined) => Promise<Tried<T>>): Promise<T> {
    let error: string | undefined;
    for (;;) {
      const outcome = await attempt(error);
      if ("taken" in outcome) {
        this.noteAccepted();
        return outcome.taken;
      }
      error = outcome.refused;
    }
  }

  /** The provider took what was given so far. */
  noteAccepted(): void {
    for (const part of this.#given.keys()) this.#accepted.add(part);
    this.#known = undefined;
  }

  /** The login was refused for what was given: a password that nobody typed is not to be sent again so soon. */
  async noteRefused(refusal: LoginError): Promise<void> {
    const [known] = this.#places.flatMap((place) => (place.#provider === refusal.provider ? [place.#known] : []));
    if (known !== undefined) await markRefused(known, refusal, this.#tools);
  }

  /** Takes secrets of the login other than its answers out of what is said of it, too. */
  hide(...secrets: readonly Secret[]): void {
    this.#secrets.push(...secrets);
  }

  /** What a provider says without the passwords and codes given so far: some pages repeat them. */
  mask(text: string): string {
    return withoutSecrets(
      text,
      this.#secrets.filter((secret) => secret.reveal().length >= MIN_MASKED_LENGTH),
    );
  }

  #noticeRefusal({ username, password, code, error, factor }: Asked): void {
    const why = this.#reason(error);
    const repeated = password ? this.#isRepeated("password") : username && this.#isRepeated("username");
    if (repeated) this.#refuseCredentials(password ? "password" : "username", why);
    else if (code && this.#isRepeated("code") && factor?.label === this.#factor)
      this.#refuseCode(factor?.kind === "question" ? "answer" : "one-time code", why);
  }

  #isRepeated(part: Part): boolean {
    return this.#given.has(part) && !this.#accepted.has(part);
  }

  #mark(part: Part, source: string | undefined): void {
    this.#given.set(part, source);
    this.#accepted.delete(part);
  }

  #reason(error: string | undefined): string {
    return error === undefined ? "" : `: ${this.mask(error)}`;
  }

  #refuseCredentials(part: "username" | "password", why: string): void {
    this.#refusals += 1;
    const source = this.#given.get(part);
    const message = `${this.#provider} refuses the user name or password${why}`;
    if (source !== undefined || this.#refusals === MAX_TRIES) {
      const hint = source === undefined ? undefined : `the ${part === "password" ? part : "user name"} is ${source}; it was tried once`;
      throw new LoginError("credentials-refused", message, { provider: this.#provider, step: "login form", hint });
    }
    this.#tools.terminal.say(message);
    this.#given.clear();
  }

  #refuseCode(what: "one-time code" | "answer", why: string): void {
    this.#codeRefusals += 1;
    const message = `${this.#provider} refuses the ${what}${why}`;
    if (this.#codeRefusals === MAX_TRIES || !this.#tools.terminal.isAvailable) {
      throw new LoginError("code-refused", message, { provider: this.#provider, step: "login form" });
    }
    this.#tools.terminal.say(message);
  }

  async #giveUsername(): Promise<string> {
    const configured = this.#configuredName;
    this.#mark("username", configured && describeOrigin(configured.origin));
    if (configured !== undefined) return configured.value;
    const typedBefore = this.#typedName === undefined ? this.#home?.username : undefined;
    if (typedBefore !== undefined) return (this.#typedName = typedBefore);
    const login = this.#login;
    this.#needPerson("a user name", `set ${settingKey(login, "username")} in the profile or ${settingVariable(login, "username")}`);
    const purpose = { what: "username", recipient: this.#provider } as const;
    this.#typedName = await this.#tools.terminal.ask(`User name for ${this.#provider}`, this.#typedName, undefined, purpose);
    return this.#typedName;
  }

  async #givePassword(): Promise<Secret> {
    const { password } = this.#login;
    const stored = password === undefined ? await this.#tools.storedPassword() : undefined;
    const source = stored === undefined ? password && describeOrigin(password.origin) : "the stored one";
    const known = password?.value ?? stored;
    if (known !== undefined) await this.#requireNotRefused(known, source);
    this.#mark("password", source);
    if (known !== undefined) return known;
    this.#needPerson("a password", `store it with aws-runas password PROFILE, or set ${settingVariable(this.#login, "password")}`);
    const who = this.username === undefined ? "" : `${this.username} at `;
    const purpose = { what: "password", recipient: this.#provider, username: this.username } as const;
    return this.#tools.terminal.askSecret(`Password for ${who}${this.#provider}`, purpose);
  }

  async #requireNotRefused(password: Secret, source = ""): Promise<void> {
    const known = { login: this.#login, host: this.#provider, username: this.username, password };
    const refusal = await findRefusal(known, this.#tools);
    this.#known = refusal === undefined ? known : undefined; // its minute began when it was sent
    if (refusal === undefined) return;
    const hint = `the password is ${source}; it was refused within the last minute and is not sent again so soon: aws-runas login PROFILE sends it at once`;
    throw new LoginError("credentials-refused", refusal.message, { provider: this.#provider, step: "login form", hint });
  }

  async #giveCode(factor: ChosenFactor | undefined): Promise<Secret> {
    const { mfaType, mfaCode } = this.#login;
    if (factor === undefined && mfaType !== undefined && !CODE_TYPES.has(mfaType.value)) {
      const message = `${this.#provider} asks for a one-time code, but mfa_type is ${mfaType.value} (${describeOrigin(mfaType.origin)})`;
      throw new LoginError("page-not-answerable", message, { provider: this.#provider, step: "login form" });
    }
    this.#mark("code", undefined);
    this.#factor = factor?.label;
    if (factor?.kind === "question") return this.#giveAnswer(factor.label);
    const wasSentNow = factor !== undefined && SENT.has(factor.kind);
    if (mfaCode !== undefined && !wasSentNow && !spentCodes.has(mfaCode.value)) {
      spentCodes.add(mfaCode.value);
      return mfaCode.value;
    }
    this.#needPerson("a one-time code", wasSentNow ? OTHER_FACTOR : "give it with -o CODE or MFA_CODE");
    const of = factor === undefined ? "" : ` (${shorten(factor.label)})`;
    const purpose = { what: "code", recipient: this.#provider } as const;
    return new Secret(await this.#tools.terminal.ask(`One-time code${of} for ${this.#provider}`, undefined, undefined, purpose));
  }

  #giveAnswer(question: string): Promise<Secret> {
    this.#needPerson("the answer to a security question", OTHER_FACTOR);
    return this.#tools.terminal.askSecret(`${shorten(question)} (${this.#provider})`);
  }

  #needPerson(what: string, hint: string): void {
    if (this.#tools.terminal.isAvailable) return;
    throw new PersonNeededError(`${this.#provider} asks for ${what}, and there is no terminal to ask on`, { hint });
  }
}
