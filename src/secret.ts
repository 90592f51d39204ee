/**
 * A string that must not be seen: password, one-time code, token, secret key.
 *
 * Printing, concatenating, logging or serialising it gives `[secret]`; only `reveal()` gives the text, so every place that
 * uses a secret can be found by searching for that word.
 */

const MASK = "[secret]";

/** A text from outside without these: what was sent to a server may stand in what it says, as it was, in one line, or encoded. */
export function withoutSecrets(text: string, secrets: readonly (Secret | undefined)[]): string {
  const texts = secrets.map((secret) => secret?.reveal() ?? "");
  const spellings = texts.flatMap((each) => [each, each.replaceAll(/\s+/g, " ").trim(), encodeURIComponent(each)]);
  // The longest first: one may stand in another.
  const found = spellings.filter((spelling) => spelling !== "").sort((one, other) => other.length - one.length);
  return found.reduce((masked, spelling) => masked.replaceAll(spelling, MASK), text);
}

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one place that sends, stores or compares it. */
  reveal(): string {
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.#text === "";
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  /** What `util.inspect` and `console.log` print. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return MASK;
  }
}
