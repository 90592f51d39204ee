/**
 * Chunks of output → whole lines with a prefix, so that those of several programs do not run into each other.
 *
 * Every byte of a line comes out as it came in, whatever its encoding: it is handled as Latin-1, in which each byte is one character.
 */

/** A line without an end is shown in parts, so that no program makes us keep it all. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

export interface LinePrefixer {
  readonly add: (chunk: Buffer) => void;
  /** Writes what has no line feed at its end. */
  readonly end: () => void;
}

/** A line that is shown in parts is cut between characters, where it is UTF-8. */
export function prefixLines(prefix: string, write: (lines: Buffer) => void): LinePrefixer {
  let rest = NOTHING;
  const lead = Buffer.from(prefix).toString("latin1");
  const show = (lines: Buffer): void => write(Buffer.from(`${lead}${lines.toString("latin1").replaceAll("\n", `\n${lead}`)}\n`, "latin1"));
  const showUpTo = (end: number, next: number): void => {
    show(rest.subarray(0, end));
    rest = rest.subarray(next);
  };
  return {
    add(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = rest.lastIndexOf(NEWLINE);
      if (end >= 0) showUpTo(end, end + 1);
      if (rest.length <= MAX_LINE_BYTES) return;
      const cut = lastStart(rest);
      showUpTo(cut, cut);
    },
    end() {
      if (rest.length > 0) show(rest);
      rest = NOTHING;
    },
  };
}

/** Where the last character begins, if this is UTF-8; it may not be whole yet. */
function lastStart(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
