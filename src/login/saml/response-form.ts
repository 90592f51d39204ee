/**
 * The page that a browser posts a SAML response from (SAML 2.0 Bindings section 3.5.4): the response, and whether it is for AWS.
 *
 * A login that passes other providers on its way (a broker, a federation) posts responses to these as well; they are sent on like any other form.
 */

import type { Form } from "../../http/form.ts";
import type { Page } from "../../http/page.ts";
import { isAwsSignIn } from "./aws-sign-in.ts";
import { offersRoles } from "./read-assertion.ts";

/** Base64; undefined for a page without one. */
export function responseIn({ forms }: Page): string | undefined {
  return forms.map(responseOf).find((response) => response !== undefined);
}

/** True where the response is posted to AWS, or offers roles whatever it is posted to. */
export function isForAws({ forms }: Page): boolean {
  return forms.some((form) => {
    const response = responseOf(form);
    return response !== undefined && (isAwsSignIn(form.action) || offersRoles(response));
  });
}

function responseOf({ fields }: Form): string | undefined {
  return fields.find(({ name, value }) => name === "SAMLResponse" && value !== "")?.value;
}
