/** What a browser is about to send, as `Fetch.requestPaused` has it: whether it is a response for AWS, and where its body is. */

import { describe, expect, it } from "vitest";

import { AWS_SIGN_IN_PATTERNS } from "../../src/login/saml/aws-sign-in.ts";
import { bodyIn, isPostToAws, responseInBody } from "../../src/login/saml/posted-response.ts";

const bytes = (text: string) => ({ bytes: Buffer.from(text).toString("base64") });

describe("a request", () => {
  it.each([
    "https://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com/saml?x=y",
    "https://eu-central-1.signin.aws.amazon.com/saml",
    "https://signin.amazonaws-us-gov.com/saml",
    "https://signin.amazonaws.cn/saml",
    "https://eusc-de-east-1.signin.amazonaws-eusc.eu/saml",
  ])("that posts to %s is for AWS, and is stopped", (url) => {
    expect(isPostToAws({ request: { method: "POST", url } })).toBe(true);
    expect(isPostToAws({ request: { method: "GET", url } })).toBe(false);
    expect(AWS_SIGN_IN_PATTERNS.some((pattern) => matches(pattern, url))).toBe(true);
  });

  it.each([
    "https://signin.aws.amazon.com.example.com/saml",
    "https://notsignin.aws.amazon.com/saml",
    "http://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com/oauth",
    "https://idp.example.com/saml?to=https://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com:8443/saml",
    "not a URL",
  ])("to %s is not", (url) => {
    expect(isPostToAws({ request: { method: "POST", url } })).toBe(false);
  });

  it("has its body in one piece, in several, or not at all", () => {
    expect(bodyIn({ request: { postData: "a=b" } })).toBe("a=b");
    expect(bodyIn({ request: { postData: "a=", postDataEntries: [bytes("a="), bytes("b")] } })).toBe("a=b");
    // An entry without bytes is a file or a blob.
    expect(bodyIn({ request: { postDataEntries: [bytes("a="), {}] } })).toBeUndefined();
    expect(bodyIn({ request: { hasPostData: true } })).toBeUndefined();
  });

  it("has the response in a form's field", () => {
    expect(responseInBody("RelayState=&SAMLResponse=PHg%2BYQ%3D%3D")).toBe("PHg+YQ==");
    expect(responseInBody("SAMLResponse=")).toBeUndefined();
    expect(responseInBody("SAMLRequest=x")).toBeUndefined();
  });
});

/** @see https://chromedevtools.github.io/devtools-protocol/tot/Fetch/#type-RequestPattern for * and ? */
function matches(pattern: string, url: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(url);
}
