/** Values as JSON for stdout: a terminal may show it, and what is in it came from outside. */

/** Indented, one line feed at its end; control and formatting characters are escaped, as JSON lets any character be. */
export function asJson(value: unknown): string {
  return `${escapeInvisible(JSON.stringify(value, undefined, 2))}\n`;
}

/** In JSON text such characters stand in strings alone, but for the line feeds between its lines. */
export function escapeInvisible(json: string): string {
  return json.replaceAll(/[\p{Zl}\p{Zp}]|[^\P{C}\n]/gu, (character) =>
    [...Array(character.length).keys()].map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""),
  );
}
