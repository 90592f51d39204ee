/** What the sandbox's STS says, in the XML of the query protocol, and the refusals it says it with. */

import { randomUUID } from "node:crypto";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** A call that is not granted, with the code, text and HTTP status that AWS gives. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.status = status;
  }
}

/** Text or nested elements, in order. */
export interface Elements {
  readonly [name: string]: string | number | Elements;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function success(action: string, result: Elements): Answer {
  const requestId = randomUUID();
  const metadata = { ResponseMetadata: { RequestId: requestId } };
  return answer(200, requestId, `${action}Response`, { [`${action}Result`]: result, ...metadata });
}

export function failure(refusal: Refusal): Answer {
  const requestId = randomUUID();
  const error = { Type: "Sender", Code: refusal.code, Message: refusal.message };
  return answer(refusal.status, requestId, "ErrorResponse", { Error: error, RequestId: requestId });
}

function answer(status: number, requestId: string, root: string, elements: Elements): Answer {
  const body = `<${root} xmlns="${NAMESPACE}">${xml(elements)}</${root}>\n`;
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId }, body };
}

function xml(elements: Elements): string {
  return Object.entries(elements)
    .map(([name, value]) => `<${name}>${typeof value === "object" ? xml(value) : escapeXml(String(value))}</${name}>`)
    .join("");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
