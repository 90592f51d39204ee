/** Chunks of output → whole lines with a prefix, so that those of several programs do not run into each other. */

/** A line without an end is shown in parts, so that no program makes us keep it all. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

export interface LinePrefixer {
  readonly add: (chunk: Buffer) => void;
  /** Writes what has no line feed at its end. */
  readonly end: () => void;
}

/** Cuts at line feeds, or between characters, before it decodes. What is not UTF-8 becomes U+FFFD. */
export function prefixLines(prefix: string, write: (text: string) => void): LinePrefixer {
  let rest = NOTHING;
  const show = (lines: Buffer): void => write(`${prefix}${lines.toString("utf8").replaceAll("\n", `\n${prefix}`)}\n`);
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

/** Where the last character begins, in UTF-8; it may not be whole yet. */
function lastStart(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
