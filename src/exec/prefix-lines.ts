/** Chunks of output → whole lines with a prefix, so that those of several programs do not run into each other. */

/** A line without an end is shown in parts, so that no program makes us keep it all. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface LinePrefixer {
  readonly add: (chunk: Buffer) => void;
  /** Writes what has no line feed at its end. */
  readonly end: () => void;
}

/** Splits at line feeds before it decodes: no character of several bytes is cut. */
export function prefixLines(prefix: string, write: (text: string) => void): LinePrefixer {
  let rest: Buffer = Buffer.alloc(0);
  const show = (line: Buffer): void => write(`${prefix}${line.toString("utf8")}\n`);
  return {
    add(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        show(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      }
      if (rest.length > MAX_LINE_BYTES) this.end();
    },
    end() {
      if (rest.length > 0) show(rest);
      rest = Buffer.alloc(0);
    },
  };
}
