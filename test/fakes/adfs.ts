/**
 * AD FS's pages as it serves them by default: the sign-in form (saml2aws pkg/provider/adfs fills in the same fields), its error page, and the
 * WS-Federation response that is posted to Entra.
 *
 * @see https://learn.microsoft.com/windows-server/identity/ad-fs/operations/advanced-customization-of-ad-fs-sign-in-pages
 */

import { type Answer, html } from "../login/fake-provider.ts";
import { hiddenForm } from "./entra-pages.ts";

export const ADFS = "https://adfs.contoso.com";
/** Where Entra sends a user of a federated domain (WS-Federation, passive requestor). */
export const SIGN_IN_URL = `${ADFS}/adfs/ls/?wa=wsignin1.0&wtrealm=urn%3afederation%3aMicrosoftOnline&wctx=estsredirect-1`;

/** The button is a `span` with a script; the second form is for other ways to log in. */
export function adfsForm(error = "", action = `${ADFS}:443/adfs/ls/?wa=wsignin1.0&wctx=estsredirect-1`): Answer {
  return html(`<!DOCTYPE html><html><head><title>Sign In</title></head><body><div id="loginArea">
  <form method="post" id="loginForm" autocomplete="off" novalidate="novalidate" action="${action}">
    <div id="error" class="fieldMargin error smallText"><span id="errorText" for="" aria-live="assertive" role="alert">${error}</span></div>
    <input id="userNameInput" name="UserName" type="email" value="" placeholder="someone@example.com" autocomplete="off">
    <input id="passwordInput" name="Password" type="password" placeholder="Password" autocomplete="off">
    <div id="kmsiArea" style="display:none"><input type="checkbox" name="Kmsi" id="kmsiInput" value="true"></div>
    <span id="submitButton" class="submit" role="button" onclick="return Login.submitLoginRequest();">Sign in</span>
    <input id="optionForms" type="hidden" name="AuthMethod" value="FormsAuthentication">
  </form></div>
  <div id="authOptions"><form id="options" method="post" action="${action}"><input id="optionSelection" type="hidden" name="AuthMethod"></form></div>
  </body></html>`);
}

export const adfsError = (words: string): Answer =>
  html(`<html><head><title>Error</title></head><body><div id="errorArea"><div id="openingMessage" class="groupMargin bigText">An error occurred</div>
  <div id="errorMessage" class="groupMargin">An error occurred. Contact your administrator.</div>
  <ul><li>Activity ID: 0</li><li>Error details: ${words}</li></ul></div></body></html>`);

/** What goes back to Entra: "wresult" is the signed token. */
export const adfsResult = (to: string): Answer =>
  hiddenForm(to, { wa: "wsignin1.0", wresult: '<t:RequestSecurityTokenResponse xmlns:t="x">', wctx: "estsredirect-1" });
