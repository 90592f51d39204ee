/**
 * A string that must not be seen: password, one-time code, token, secret key.
 *
 * Printing, concatenating, logging or serialising it gives `[secret]`; only `reveal()` gives the text, so every place that
 * uses a secret can be found by searching for that word.
 */

const MASK = "[secret]";

/** From this length on a text may have been cut (see `textOf` in http/html.ts), perhaps in the middle of a secret. */
const CUT_LENGTH = 290;
/** Fewer letters at the end of a cut text match a secret's beginning by chance. */
const MIN_BEGINNING = 4;

/** A text from outside with these masked: a server may repeat what it was sent as it was, run into one line, or URL-encoded. */
export function withoutSecrets(text: string, secrets: readonly (Secret | undefined)[]): string {
  const texts = secrets.map((secret) => secret?.reveal() ?? "");
  const spellings = texts.flatMap(spellingsOf);
  // The longest first: one may stand in another.
  const found = spellings.filter((spelling) => spelling !== "").sort((one, other) => other.length - one.length);
  const masked = found.reduce((left, spelling) => left.replaceAll(spelling, MASK), text);
  return text.length < CUT_LENGTH ? masked : withoutBeginning(masked, found);
}

/** The last is how a form is sent. */
function spellingsOf(text: string): readonly string[] {
  return [text, text.replaceAll(/\s+/g, " ").trim(), encodeURIComponent(text), new URLSearchParams({ "": text }).toString().slice(1)];
}

/** Where a text was cut, its end may be the beginning of a secret. */
function withoutBeginning(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= MIN_BEGINNING; length -= 1) {
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + MASK;
    }
  }
  return text;
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
