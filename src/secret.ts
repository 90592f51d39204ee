/**
 * A string that must not be seen: password, one-time code, token, secret key.
 *
 * Printing, concatenating, logging or serialising it gives `[secret]`; only `reveal()` gives the text, so every place that
 * uses a secret can be found by searching for that word.
 */

const MASK = "[secret]";

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
