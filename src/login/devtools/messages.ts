/** The bytes of a debugging pipe → its messages: JSON objects in UTF-8, each ended by NUL, cut by the pipe anywhere. */

import { isObject, type Json, parseJson } from "../json.ts";

/** Pages with long forms are told with all that is posted. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Of what is no message: a browser sends none of it, and what sends more would keep us busy. */
const MAX_NONSENSE = 1_000;

export class Messages {
  #parts: Uint8Array[] = [];
  #length = 0;
  #nonsense = 0;

  /** Those that are complete now. @throws Error for a message that does not end, and for a thousand that are none */
  push(bytes: Uint8Array): Json[] {
    const messages: Json[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
      const message = parseJson(this.#take(bytes.subarray(start, end)));
      if (isObject(message)) messages.push(message);
      else if ((this.#nonsense += 1) > MAX_NONSENSE) throw new Error("the browser sends what are no messages");
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return messages;
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > MAX_BYTES) throw new Error("the browser sent a message without an end");
    if (part.length > 0) this.#parts.push(part);
  }

  #take(last: Uint8Array): string {
    const text = Buffer.concat([...this.#parts, last]).toString("utf8");
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

/** For the pipe. JSON holds no NUL. */
export function encodeMessage(message: Json): string {
  return `${JSON.stringify(message)}\0`;
}
