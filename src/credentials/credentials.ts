/** Short-lived AWS credentials; how long they are handed out is decided in thresholds.ts. */

import type { Secret } from "../secret.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  /** When they came; `expiresAt` minus this is their life. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** "arn:aws:sts::123456789012:assumed-role/name/session"; undefined for those of a session without a role. */
  readonly assumedRoleArn?: string | undefined;
  /** The role's own ARN, path and all, where the profile named none and it was chosen. */
  readonly chosenRoleArn?: string | undefined;
}
