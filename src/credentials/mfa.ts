/**
 * A call of STS with a code of the user's MFA device: the one that was given, else one that is asked for, and asked for again when STS says
 * that it is wrong. A code works once, so one that was given is not sent again.
 */

import type { MfaProof } from "../aws/sts.ts";
import type { IamLogin } from "../config/profile.ts";
import { AwsError, PersonNeededError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { CredentialTools } from "./provider.ts";
import { asAttended } from "./unattended.ts";

const MAX_TRIES = 3;

/**
 * `send` with a proof; without one where the profile has no device.
 *
 * @throws what `send` does, the third time that a code is refused; PersonNeededError where nobody can be asked, CancelledError
 */
export async function withCode<T>(login: IamLogin, tools: CredentialTools, send: (mfa: MfaProof | undefined) => Promise<T>): Promise<T> {
  const { mfaSerial, mfaCode } = login;
  if (mfaSerial === undefined) return send(undefined);
  let code = mfaCode?.value;
  for (let tries = 1; ; tries++) {
    code ??= await asAttended(login, tools, ({ terminal }) => askCode(mfaSerial.value, terminal));
    try {
      return await send({ serialNumber: mfaSerial.value, tokenCode: code });
    } catch (error) {
      if (!isWrongCode(error) || tries === MAX_TRIES || !tools.terminal.isAvailable) throw error;
      tools.terminal.say("AWS does not accept this code: each works once, and for half a minute");
      code = undefined;
    }
  }
}

/** Until it is six digits; what is not is not worth a call. */
async function askCode(serialNumber: string, terminal: CredentialTools["terminal"]): Promise<Secret> {
  if (!terminal.isAvailable) {
    throw new PersonNeededError(`the MFA device ${serialNumber} has to vouch for the keys, and nobody can be asked for its code`, {
      hint: "give it by -o or MFA_CODE, or run aws-runas on a terminal; what it vouches for is kept for later runs",
    });
  }
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const purpose = { what: "code", recipient: "AWS" } as const;
    const code = (await terminal.ask(`Code of the MFA device ${serialNumber}`, undefined, undefined, purpose)).replace(/\s/g, "");
    if (/^\d{6}$/.test(code)) return new Secret(code);
    terminal.say("the code is six digits");
  }
  throw new PersonNeededError(`no code of the MFA device ${serialNumber} was entered`);
}

/** "…failed with invalid MFA one time pass code", "…failed, unable to validate MFA code", and so on. */
function isWrongCode(error: unknown): boolean {
  return error instanceof AwsError && error.awsCode === "AccessDenied" && error.message.includes("MultiFactorAuthentication failed");
}
