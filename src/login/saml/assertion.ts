/** A SAML assertion narrowed to what AWS and we make of it. */

import type { Secret } from "../../secret.ts";

/** A role that the assertion offers, with the identity provider in IAM that vouches for it. */
export interface OfferedRole {
  /** "arn:aws:iam::123456789012:role/path/Name". */
  readonly roleArn: string;
  /** "arn:aws:iam::123456789012:saml-provider/name". */
  readonly principalArn: string;
}

export interface Assertion {
  /** The whole SAML response in base64, as AWS takes it. */
  readonly raw: Secret;
  /** Who said it. */
  readonly issuer: string;
  /** Its RoleSessionName: what the session is called in AWS. */
  readonly user: string;
  /** In the order of the assertion, each once; never empty. */
  readonly roles: readonly OfferedRole[];
  /** SessionDuration, seconds; undefined where it says nothing. */
  readonly sessionSeconds: number | undefined;
  /** When it is no use any more: its own limit, or AWS's five minutes after it was issued. */
  readonly expiresAt: Date;
}
