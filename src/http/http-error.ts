/** What can go wrong in one exchange below the level of HTTP; callers wrap it with what they were doing. */

/**
 * - `unreachable`: no connection, or one that broke
 * - `timeout`: no complete answer in time
 * - `too-large`: the answer's body is longer than the caller takes, or a page of more elements than can be
 * - `insecure`: plain http to a host that is not this machine
 * - `redirect`: too many redirects, or one that is no URL
 */
export type HttpErrorKind = "unreachable" | "timeout" | "too-large" | "insecure" | "redirect";

export class HttpError extends Error {
  readonly kind: HttpErrorKind;
  /** Host name and port as in the URL. */
  readonly host: string;

  constructor(kind: HttpErrorKind, host: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "HttpError";
    this.kind = kind;
    this.host = host;
  }
}
