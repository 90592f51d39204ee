/** A login's proof, traded at STS: the kept one first; one that STS refuses is dropped, and one new login made in its place. */

import type { AssumedRole } from "../aws/sts.ts";
import { AwsError } from "../errors.ts";
import type { Log } from "../world.ts";

/** P: an id token, a SAML assertion. */
export interface Proof<P> {
  /** For the log: "id token". */
  readonly what: string;
  readonly find: () => Promise<P | undefined>;
  readonly forget: (refused: P) => Promise<void>;
  readonly obtain: () => Promise<P>;
  readonly trade: (proof: P) => Promise<AssumedRole>;
}

/** STS says of the proof itself that it is no good (any more); another one may be. */
const REFUSALS = new Set(["ExpiredTokenException", "IDPRejectedClaim", "InvalidIdentityToken"]);

/** Throws what `obtain` and `trade` throw; a new proof that STS refuses is an error. */
export async function tradeProof<P>({ what, find, forget, obtain, trade }: Proof<P>, log: Log): Promise<AssumedRole> {
  const kept = await find();
  if (kept !== undefined) {
    try {
      return await trade(kept);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      log.debug(`STS refuses the cached ${what} (${error.awsCode}): logging in again`);
      await forget(kept);
    }
  }
  return trade(await obtain());
}

function isRefusal(error: unknown): error is AwsError {
  return error instanceof AwsError && error.awsCode !== undefined && REFUSALS.has(error.awsCode);
}
