/** One login at Identity Engine: what it remembers from step to step, and the sending of a step. */

import type { HttpRequest } from "../../world.ts";
import { type IdxState, readIdxState, type Remediation } from "./okta-idx-answer.ts";
import type { IdxFactor } from "./okta-idx-factors.ts";
import { proceed, stepOf } from "./okta-idx-request.ts";
import type { Json } from "../json.ts";
import { type OktaOrg, type OrgAnswer, readRefusal, refusal, wrongShape } from "./okta-org.ts";

export interface IdxWalk {
  readonly org: OktaOrg;
  /** The factor that was chosen: it is not asked about twice. */
  selected: IdxFactor | undefined;
  isPasswordGiven: boolean;
}

export type IdxNext = IdxState | { readonly visit: HttpRequest };

/** @throws LoginError `provider-refused`, `provider-answer` */
export async function send(walk: IdxWalk, remediation: Remediation, values: Json): Promise<IdxState> {
  return readNext(walk, remediation, await proceed(walk.org, remediation, values));
}

/** An answer without errors took what was given. */
export function readNext({ org }: IdxWalk, remediation: Remediation, answer: OrgAnswer): IdxState {
  const state = readIdxState(answer.json);
  if (state === undefined) {
    const refused = readRefusal(answer);
    throw refused === undefined ? wrongShape(org, stepOf(remediation), "has no version") : refusal(org, refused, stepOf(remediation));
  }
  if (state.errors.length === 0) org.signIn.answers.noteAccepted();
  return state;
}
