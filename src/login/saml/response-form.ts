/**
 * The page that a browser posts a SAML response from (SAML 2.0 Bindings section 3.5.4): the response, and whether it is for AWS.
 *
 * A login that passes other providers on its way (a broker, a federation) posts responses to these as well; they are sent on like any other form.
 */

import type { Form } from "../../http/form.ts";
import type { Page } from "../../http/page.ts";
import { isAwsSignIn } from "./aws-sign-in.ts";
import { offersRoles } from "./read-assertion.ts";

/** Base64; undefined for a page without one for AWS. Of several forms AWS's own has it, wherever it stands among those for others. */
export function responseIn({ forms }: Page): string | undefined {
  const own = forms.find((form) => isAwsSignIn(form.action) && responseOf(form) !== undefined);
  const found = own ?? forms.find((form) => offersRoles(responseOf(form) ?? ""));
  return found && responseOf(found);
}

/** True where the response is posted to AWS, or offers roles whatever it is posted to. */
export function isForAws(page: Page): boolean {
  return responseIn(page) !== undefined;
}

function responseOf({ fields }: Form): string | undefined {
  return fields.find(({ name, value }) => name === "SAMLResponse" && value !== "")?.value;
}
