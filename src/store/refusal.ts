/**
 * A refusal ↔ the line in which it travels from the process that was refused to those that waited for it.
 *
 * Only what the provider or AWS itself decided can travel; whoever receives it throws the same class with the same message. Messages hold
 * no secrets (errors.ts), and the socket is the user's own.
 */

import { AwsError, type ErrorCode, LoginError } from "../errors.ts";

const LOGIN_CODES = [
  "provider-refused",
  "credentials-refused",
  "code-refused",
  "approval-refused",
  "page-not-answerable",
  "token-invalid",
] as const satisfies readonly ErrorCode[];

/** One line, or `undefined` for an error that is not a refusal. */
export function packRefusal(error: unknown): string | undefined {
  if (error instanceof LoginError && isLoginCode(error.code)) {
    const { code, message, hint, provider, step } = error;
    return JSON.stringify({ kind: "login", code, message, hint, provider, step });
  }
  if (error instanceof AwsError && error.code === "aws-refused") {
    const { message, hint, awsCode, requestId } = error;
    return JSON.stringify({ kind: "aws", message, hint, awsCode, requestId });
  }
  return undefined;
}

/** The error that was packed, or `undefined` when the line is none. */
export function unpackRefusal(line: string): LoginError | AwsError | undefined {
  const { kind, code, message, hint, provider, step, awsCode, requestId } = parseStrings(line);
  if (message === undefined) return undefined;
  if (kind === "aws") return new AwsError("aws-refused", message, { hint, awsCode, requestId });
  if (kind !== "login" || !isLoginCode(code) || provider === undefined || step === undefined) return undefined;
  return new LoginError(code, message, { hint, provider, step });
}

function isLoginCode(code: string | undefined): code is (typeof LOGIN_CODES)[number] {
  return LOGIN_CODES.some((known) => known === code);
}

/** The members of a JSON object that are strings. */
function parseStrings(line: string): Readonly<Record<string, string | undefined>> {
  try {
    const members = Object.entries(JSON.parse(line) as object);
    return Object.fromEntries(members.filter(([, value]) => typeof value === "string"));
  } catch {
    return {};
  }
}
