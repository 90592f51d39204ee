/** What a program that uses the library gives it and gets from it: the package's public types, which stand for themselves. */

export interface AwsRunasOptions {
  /** A profile of the AWS configuration files, or a role's ARN; by default what AWS_PROFILE names. */
  readonly profile?: string | undefined;
  /** Ends waiting, questions and logins: from then on every call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Who is asked where a login needs a person. Without them nobody is: such a login fails with the code "person-needed". */
  readonly prompts?: Prompts | undefined;
  /** As the flag -r: what is kept of the profile is dropped before the first login; the session at the provider stays. */
  readonly refresh?: boolean | undefined;
  /** In place of the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Who is told what is odd about the profile (warn), what happens (info) and how (debug); `console` fits. No secret is ever among it. */
  readonly logger?: Logger | undefined;
}

/**
 * A person, as the login sees them: one question at a time. An answer of `undefined` means that they said no, and ends the login with the
 * code "cancelled"; what a callback throws, the provider throws.
 */
export interface Prompts {
  /** A line of text. */
  ask(message: string, question: TextQuestion): Answer<string>;
  /** A password or a code: a line that is not to be shown. */
  askSecret(message: string, question: Question): Answer<string>;
  /** One of several, by its number from 0. */
  choose(message: string, labels: readonly string[], question: Question): Answer<number>;
  /** Lines that the person has to see: an address to open, a code to enter there. */
  say(message: string): void;
  /**
   * Something is waited for, until the function that it returns is called; a number is to be compared with another device's, or picked there.
   * Unless given, `say` tells it.
   */
  showWait?(message: string, number?: string): (() => void) | void;
  /** Opens a page in the person's browser, and says whether it could. Unless given, `say` tells the address. */
  openBrowser?(url: URL): boolean | Promise<boolean>;
}

export interface Question {
  /** Aborted when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

export interface TextQuestion extends Question {
  /** What an empty answer means. */
  readonly initial: string;
}

export type Answer<T> = T | undefined | Promise<T | undefined>;

export interface Logger {
  warn?(message: string): void;
  info?(message: string): void;
  debug?(message: string): void;
}

/** For `credentials` of a client of the AWS SDK for JavaScript v3: an `AwsCredentialIdentityProvider`. */
export type AwsRunasProvider = () => Promise<AwsRunasIdentity>;

export interface AwsRunasIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
  /** Of the role; not there for a session without one. */
  readonly accountId?: string;
}
