/** A request's body, of the type and size that its route takes; a refusal otherwise. What was sent is shown in none. */

import { failure } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";

/** Thrown by what reads a request; its answer. */
export class Refusal extends Error {
  readonly response: LocalResponse;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.response = failure(status, code, message);
  }
}

const MAX_NAME_BYTES = 2 * 1024;

/** A line of plain text, without the blanks around it. */
export async function readLine(request: LocalRequest): Promise<string> {
  const text = (await readText(request, ["text/plain"])).trim();
  if (Buffer.byteLength(text) > MAX_NAME_BYTES) throw new Refusal(413, "too-long", "the body is too long");
  if (text === "" || hasControl(text)) throw new Refusal(400, "bad-request", "the body is one line of text");
  return text;
}

/** A form's fields; those that are empty are left out. */
export async function readForm(request: LocalRequest, known: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const text = await readText(request, ["application/x-www-form-urlencoded"]);
  const fields = [...new URLSearchParams(text)].filter(([, value]) => value !== "");
  const unknown = fields.some(([name]) => !known.includes(name));
  if (unknown) throw new Refusal(400, "bad-request", `the form has a field that is none of ${known.join(", ")}`);
  const form = new Map(fields);
  if (form.size < fields.length) throw new Refusal(400, "bad-request", "the form has a field twice");
  const wrong = fields.find(([, value]) => hasControl(value));
  if (wrong !== undefined) throw new Refusal(400, "bad-request", `${wrong[0]} holds a control character`);
  return form;
}

export async function readJson(request: LocalRequest): Promise<object> {
  const text = await readText(request, ["application/json"]);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Its message may show what was sent.
  }
  throw new Refusal(400, "bad-request", "the body is not a JSON object");
}

export function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

async function readText(request: LocalRequest, types: readonly string[]): Promise<string> {
  const type = request.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!types.includes(type)) throw new Refusal(415, "content-type", `the Content-Type here is ${types.join(" or ")}`);
  const text = await request.body();
  if (text === undefined) throw new Refusal(413, "too-long", "the body is too long");
  return text;
}
