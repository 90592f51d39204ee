/**
 * Every error a person can meet, the closed list of their codes, and the exit status of each class.
 *
 * Messages are lower case without a full stop, name the file, section and key (or the flag, or the provider's step), and never hold a
 * secret. A hint says what to do. Wrap with `cause` when crossing a room; never re-word the cause.
 */

/** Stable names of what went wrong; scripts may rely on them (`-vv` prints them). */
export type ErrorCode =
  // usage, exit status 2
  | "usage" // an argument or flag is wrong
  | "not-supported" // the Go tool has it, this version does not
  // configuration, 3
  | "config-syntax" // a line of an ini file that is not one
  | "config-unreadable" // the file cannot be read
  | "config-value" // a value of the wrong shape or outside its bounds
  | "config-conflict" // two spellings in one layer with different values, or settings that exclude each other
  | "config-missing" // a setting that is needed is not there
  | "config-cycle" // source_profile leads back to itself
  | "profile-not-found"
  // login, 4
  | "provider-unknown" // nothing tells which provider this is
  | "provider-unreachable" // no connection, or no answer in time
  | "provider-answer" // the provider answered something that is not what the protocol says
  | "provider-refused" // the provider answered with an OAuth error or a refusal of its own
  | "credentials-refused" // wrong user name or password
  | "code-refused" // wrong one-time code
  | "approval-refused" // the login was denied on another device, or nobody answered there or in the browser
  | "redirect-unusable" // nothing can listen at the redirect URI
  | "browser-unusable" // the browser that the login takes is not there, does not start, or ended by itself
  | "page-not-answerable" // a page that only a person can answer (change your password, terms, passkey)
  | "untrusted-destination" // a form or redirect would carry a secret where it must not go
  | "token-invalid" // the id token fails a check
  | "assertion-invalid" // the SAML response holds no assertion for AWS, or fails a check
  | "role-not-offered" // the assertion does not offer the profile's role
  | "token-unavailable" // the file, command, variable or service that gives id tokens or AWS keys gives none, or what is over
  // AWS, 5
  | "aws-refused" // STS answered with an error
  | "aws-unreachable"
  // store, 6
  | "store-unusable" // the store's folder, key or entry cannot be written
  | "keychain-unavailable"
  | "lock-timeout" // another aws-runas holds the login for too long
  // a person, 7
  | "person-needed"
  // the wrapped command, 126 and 127
  | "command-not-executable"
  | "command-not-found"
  | "output-failed" // what is printed does not arrive (a full disk); 74
  | "cancelled" // 130
  | "internal"; // 70

interface Details {
  /** A function where it takes work, which is then done when somebody reads the hint: lists of thousands show messages alone. */
  readonly hint?: string | (() => string) | undefined;
  readonly cause?: unknown;
}

/** What all of them share; `exitStatus` is what the program ends with. */
export abstract class RunasError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  abstract readonly exitStatus: number;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    if (typeof details.hint === "function") Object.defineProperty(this, "hint", { get: details.hint, enumerable: true });
    else this.hint = details.hint;
  }
}

/** The command line is wrong. */
export class UsageError extends RunasError {
  readonly exitStatus = 2;
  constructor(message: string, details: Details & { readonly code?: "usage" | "not-supported" } = {}) {
    super(details.code ?? "usage", message, details);
  }
}

/** A configuration file, environment variable or flag holds something we cannot use; the message names where. */
export class ConfigError extends RunasError {
  readonly exitStatus = 3;
}

/** The login at the identity provider did not work. */
export class LoginError extends RunasError {
  readonly exitStatus = 4;
  /** The provider's host or driver name. */
  readonly provider: string;
  /** Where in the login: "discovery", "authorize", "login form", "token", "id token" … */
  readonly step: string;

  constructor(code: ErrorCode, message: string, details: Details & { readonly provider: string; readonly step: string }) {
    super(code, message, details);
    this.provider = details.provider;
    this.step = details.step;
  }
}

/** AWS refused a call, or could not be reached. */
export class AwsError extends RunasError {
  readonly exitStatus = 5;
  /** The service's own error code, e.g. "AccessDenied"; undefined when no answer came. */
  readonly awsCode: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    code: "aws-refused" | "aws-unreachable",
    message: string,
    details: Details & { readonly awsCode?: string | undefined; readonly requestId?: string | undefined } = {},
  ) {
    super(code, message, details);
    this.awsCode = details.awsCode;
    this.requestId = details.requestId;
  }
}

/** What we keep on disk or in the keychain cannot be used, and only the user can mend that. */
export class StoreError extends RunasError {
  readonly exitStatus = 6;
}

/** A person has to answer something and there is nobody to ask. */
export class PersonNeededError extends RunasError {
  readonly exitStatus = 7;
  constructor(message: string, details: Details = {}) {
    super("person-needed", message, details);
  }
}

/** The wrapped command could not be started: 126 found but not executable, 127 not found. */
export class CommandError extends RunasError {
  readonly exitStatus: 126 | 127;
  constructor(code: "command-not-executable" | "command-not-found", message: string, details: Details = {}) {
    super(code, message, details);
    this.exitStatus = code === "command-not-found" ? 127 : 126;
  }
}

/** What was to be printed could not be written. */
export class OutputError extends RunasError {
  readonly exitStatus = 74;
  constructor(message: string) {
    super("output-failed", message);
  }
}

/** The person said no: Ctrl-C or Escape at a question. */
export class CancelledError extends RunasError {
  readonly exitStatus = 130;
  constructor(message = "cancelled", details: Details = {}) {
    super("cancelled", message, details);
  }
}

/** A state that should not be possible: a bug of ours. */
export class InternalError extends RunasError {
  readonly exitStatus = 70;
  constructor(message: string, details: Details = {}) {
    super("internal", message, details);
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Text from outside (a server's message, a file's content) made fit for a terminal: line feeds and tabs stay, any other control or
 * formatting character is shown as its number.
 */
export function printable(text: string): string {
  const show = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`;
  return text.replaceAll("\r\n", "\n").replaceAll(/[\p{Zl}\p{Zp}]|[^\P{C}\n\t]/gu, show);
}

const MAX_LINE_LENGTH = 500;

/** The same, fit for one line: blanks run together, cut where it gets long. */
export function shorten(text: string): string {
  return printable(text.replaceAll(/\s+/g, " ").trim()).slice(0, MAX_LINE_LENGTH);
}
