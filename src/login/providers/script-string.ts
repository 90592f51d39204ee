/** A string in a script of a page, without its quotes → what it says. Its escapes: \x2D, \u002D, and a backslash before anything else. */

export function unescapeScript(literal: string): string {
  return literal.replaceAll(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g, (_match, byte?: string, unit?: string, plain?: string) =>
    plain === undefined ? String.fromCharCode(Number.parseInt(byte ?? unit ?? "", 16)) : plain,
  );
}
