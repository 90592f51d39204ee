/**
 * A request that a browser is about to send → the SAML response in it, if it posts one to AWS (SAML 2.0 Bindings section 3.5).
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Fetch/#event-requestPaused
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-Request
 */

import type { Connection } from "../devtools/connection.ts";
import type { StoppedRequest } from "../devtools/pages.ts";
import { type Json, objectAt, objectsAt, textAt } from "../json.ts";
import type { Page } from "../loopback/page.ts";
import { isAwsSignIn } from "./aws-sign-in.ts";

export interface Posted {
  /** Base64. */
  readonly response: string;
  /** Answers the request in AWS's place. */
  readonly show: (page: Page) => Promise<void>;
}

/** Undefined for another request, which is let go. @throws DevToolsError where the browser does not tell what is posted */
export async function takePosted({ sessionId, params }: StoppedRequest, browser: Connection): Promise<Posted | undefined> {
  const requestId = textAt(params, "requestId") ?? "";
  const response = isPostToAws(params) ? responseInBody(bodyIn(params) ?? (await askForBody({ sessionId, params }, browser))) : undefined;
  if (response !== undefined) {
    // A window that was closed meanwhile shows nothing.
    const show = (page: Page) => browser.call("Fetch.fulfillRequest", fulfilment(requestId, page), sessionId).then(nothing, nothing);
    return { response, show };
  }
  await browser.call("Fetch.continueRequest", { requestId }, sessionId).catch(nothing);
  return undefined;
}

const nothing = (): void => {};

export function isPostToAws(params: Json): boolean {
  const { method, url } = objectAt(params, "request");
  return method === "POST" && typeof url === "string" && URL.canParse(url) && isAwsSignIn(new URL(url));
}

/** What is posted, as far as the event has it: long bodies are left out and have to be asked for. */
export function bodyIn(params: Json): string | undefined {
  const entries = objectsAt(params, "request", "postDataEntries").map((entry) => textAt(entry, "bytes"));
  if (entries.length > 0 && entries.every((bytes) => bytes !== undefined)) {
    return Buffer.concat(entries.map((bytes) => Buffer.from(bytes, "base64"))).toString("utf8");
  }
  return textAt(params, "request", "postData");
}

async function askForBody({ sessionId, params }: StoppedRequest, browser: Connection): Promise<string> {
  if (objectAt(params, "request")["hasPostData"] !== true) return "";
  const requestId = textAt(params, "networkId") ?? "";
  return textAt(await browser.call("Network.getRequestPostData", { requestId }, sessionId), "postData") ?? "";
}

function fulfilment(requestId: string, { html, headers, isFailure }: Page): Json {
  return {
    requestId,
    responseCode: isFailure ? 400 : 200,
    responseHeaders: Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: Buffer.from(html).toString("base64"),
  };
}

/** Base64; undefined for a form without one. */
export function responseInBody(body: string): string | undefined {
  return new URLSearchParams(body).get("SAMLResponse") || undefined;
}
