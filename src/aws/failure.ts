/**
 * What the SDK throws, narrowed to what it tells: the service's answer, or that none came.
 *
 * The SDK hangs the response on its errors as `$response` and the request id on `$metadata`; modelled errors are named after their shape
 * ("InvalidIdentityTokenException") while `Code` is the name on the wire ("InvalidIdentityToken"). Services that speak JSON (ECR) have the
 * former alone, and `$fault`.
 */

export type Failure = Refusal | NoAnswer;

/** The service answered with an error. */
export interface Refusal {
  readonly kind: "refused";
  /** "AccessDenied". */
  readonly awsCode: string;
  readonly message: string;
  readonly requestId: string | undefined;
  /** The answer's `Date` minus this machine's clock, in milliseconds: positive when this machine is behind. 0 when not told. */
  readonly clockSkewMs: number;
}

/** No connection, no answer in time, or one that is not AWS's: a proxy's, a guest network's. */
export interface NoAnswer {
  readonly kind: "no-answer";
  /** "connect ECONNREFUSED 127.0.0.1:1", "status 403 without an error code of AWS". */
  readonly message: string;
}

/** @param now milliseconds since the epoch, when the answer came. */
export function readFailure(error: unknown, now: number): Failure {
  const fields = asRecord(error);
  const response = asRecord(fields["$response"]);
  const awsCode = asText(fields["Code"]) ?? shapeName(fields);
  if (awsCode === undefined) return { kind: "no-answer", message: whyNoAnswer(error, response["statusCode"]) };
  return {
    kind: "refused",
    awsCode,
    message: asText(fields["message"]) ?? "no message",
    requestId: asText(asRecord(fields["$metadata"])["requestId"]),
    clockSkewMs: readSkew(asRecord(response["headers"])["date"], now),
  };
}

/** Of a modelled error of a service that speaks JSON; the SDK makes up other names for what it could not read. */
function shapeName({ $fault, name }: Record<string, unknown>): string | undefined {
  return $fault !== undefined && typeof name === "string" && name.endsWith("Exception") ? name : undefined;
}

/** Node gathers the failures of several addresses in an AggregateError without a message of its own. */
function whyNoAnswer(error: unknown, status: unknown): string {
  if (typeof status === "number") return `status ${status} without an error code of AWS`;
  if (error instanceof AggregateError) return whyNoAnswer(error.errors[0], undefined);
  return error instanceof Error && error.message !== "" ? error.message : "no answer";
}

function readSkew(date: unknown, now: number): number {
  const serverTime = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(serverTime) ? 0 : serverTime - now;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
