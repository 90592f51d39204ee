/**
 * Entra's pages and answers as fakes give them. Microsoft documents the two ends of the login (v2-oauth2-auth-code-flow) and the error numbers
 * (reference-error-codes); for what lies between, each function names the public client that reads the same fields.
 */

import { type Answer, html, json } from "../login/fake-provider.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Tokens of one step, so that a test sees which page a request goes on from. */
const tokensOf = (step: string): Fields => ({
  sFT: `flow-token-${step}`,
  sFTName: "flowToken",
  sCtx: `ctx-${step}`,
  canary: `canary-${step}`,
  apiCanary: `api-canary-${step}`,
  sessionId: `session-${step}`,
  correlationId: `correlation-${step}`,
  hpgact: 1900,
  hpgid: 1104,
});

/** `$Config` in a CDATA section, with a `};` in a string. saml2aws pkg/provider/aad/aad.go, getJsonFromConfig */
export function configPage(fields: Fields, status = 200): Answer {
  const config = JSON.stringify({ ...fields, strCopyrightTxt: 'it ends }; not here \\" {' });
  const script = `<script type="text/javascript">//<![CDATA[\n$Config=${config};\n//]]></script>`;
  return html(`<!DOCTYPE html><html><head><title>Sign in to your account</title>${script}</head><body></body></html>`, status);
}

/** saml2aws aad.go, ConvergedResponse and processConvergedSignIn; 50058 is "not signed in" (reference-error-codes) */
export const signInPage = (tenant: string, fields: Fields = {}): Answer =>
  configPage({
    pgid: "ConvergedSignIn",
    ...tokensOf("1"),
    urlPost: `${tenant}/login`,
    urlGetCredentialType: `${tenant}/GetCredentialType?mkt=en`,
    sErrorCode: "50058",
    sErrTxt: "",
    ...fields,
  });

/** The page after a wrong password: the same with other tokens. DavMail O365Authenticator, reference-error-codes AADSTS50126 */
export const refusedPage = (tenant: string, number: string, words = ""): Answer =>
  signInPage(tenant, { ...tokensOf("2"), sErrorCode: number, sErrTxt: words });

/** saml2aws aad.go, GetCredentialTypeResponse; 0 is "exists" (the login page's script, IfExistsResult) */
export const credentialType = (credentials: Fields = {}, fields: Fields = {}): Answer =>
  json({
    Username: "alice@contoso.com",
    Display: "alice@contoso.com",
    IfExistsResult: 0,
    IsUnmanaged: false,
    ThrottleStatus: 0,
    Credentials: { PrefCredential: 1, HasPassword: true, RemoteNgcParams: null, FidoParams: null, SasParams: null, ...credentials },
    EstsProperties: { DomainType: 3 },
    FlowToken: "flow-token-of-credential-type",
    apiCanary: "api-canary-2",
    ...fields,
  });

/** saml2aws aad.go, userProof and processMfa; DavMail, handleMfa */
export const secondFactorPage = (tenant: string, proofs: readonly Fields[], fields: Fields = {}): Answer =>
  configPage({
    pgid: "ConvergedTFA",
    ...tokensOf("3"),
    urlPost: `${tenant}/SAS/ProcessAuth`,
    urlBeginAuth: `${tenant}/SAS/BeginAuth`,
    urlEndAuth: `${tenant}/SAS/EndAuth`,
    arrUserProofs: proofs,
    oPerAuthPollingInterval: { PhoneAppNotification: 1.0, TwoWayVoiceMobile: 2.0 },
    sPOST_Username: "alice@contoso.com",
    // Said here as well, and no error: reference-error-codes AADSTS50074
    sErrorCode: "50074",
    ...fields,
  });

/** saml2aws aad.go, mfaResponse */
export const sasAnswer = (fields: Fields): Answer =>
  json({
    Success: false,
    ResultValue: null,
    Message: null,
    AuthMethodId: "",
    ErrCode: 0,
    Retry: false,
    FlowToken: null,
    Ctx: null,
    SessionId: null,
    CorrelationId: "correlation-3",
    Timestamp: "2026-01-01T00:00:00Z",
    Entropy: 0,
    ...fields,
  });

/** saml2aws aad.go, processKmsiInterrupt; reference-error-codes AADSTS50140 */
export const kmsiPage = (): Answer => configPage({ pgid: "KmsiInterrupt", ...tokensOf("4"), urlPost: "/kmsi", sErrorCode: "50140" });

/** DavMail, checkConfigErrors; the words are those of reference-error-codes */
export const errorPage = (words: string, fields: Fields = {}): Answer =>
  configPage({ pgid: "ConvergedError", strServiceExceptionMessage: words, ...fields });

/** A form that a script sends on. saml2aws aad.go, isHiddenForm and reProcessForm */
export const hiddenForm = (action: string, fields: Readonly<Record<string, string>>): Answer => {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('"', "&quot;")}">`,
  );
  return html(
    `<html><head><title>Working...</title></head><body><form method="POST" name="hiddenform" action="${action}">${inputs.join("")}<noscript><p>Script is disabled.</p><input type="submit" value="Submit"></noscript></form></body></html>`,
  );
};

/** The portal's page that starts an application, a form beside the script. Nothing is published; saml2aws aad.go, processSAMLRequest; testdata/SAMLRequest.html */
export const applicationPage = (target: string): Answer =>
  html(`<!DOCTYPE html><html><head><title></title></head><body>
    <form name="RedirectToFederatedApplicationForm" method="post" action="./redirecttofederatedapplication.aspx?Operation=LinkedSignIn">
    <input type="hidden" name="__EVENTTARGET" value=""><input type="hidden" name="__VIEWSTATE" value="LqaMd4Gfy">
    <script type="text/javascript">//<![CDATA[
    Sys.Application.add_load( function() { CacheContentFile('https://account.activedirectory.windowsazure.com/Shell.js'); } );window.location = '${target}';$addHandler(window.document.documentElement, 'mouseup', Button.MouseUp);
    //]]></script></form></body></html>`);
