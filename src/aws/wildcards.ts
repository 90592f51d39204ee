/**
 * Patterns of policies: `*` is any text, `?` any character.
 *
 * Policies are foreign text, and a regular expression made of one with many stars may take for ever; these take no longer than the product of
 * the two lengths.
 */

/** True only where `pattern` matches everything that `text` stands for, which may be a pattern itself; false may be a miss. */
export function covers(pattern: string, text: string): boolean {
  let [at, star, from] = [0, -1, 0];
  for (let index = 0; index < text.length;) {
    if (pattern[at] === "*") {
      [star, from] = [at, index];
      at += 1;
    } else if (pattern[at] === text[index] || (pattern[at] === "?" && text[index] !== "*")) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      from += 1;
      [at, index] = [star + 1, from];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** True when some text matches both patterns. */
export function overlaps(one: string, other: string): boolean {
  return haveLikeStarts(one, other) && haveCommonText(one, other);
}

/** Most pairs differ before their first wildcard. */
function haveLikeStarts(one: string, other: string): boolean {
  const [a = "", b = ""] = [one, other].map((pattern) => pattern.split(/[*?]/, 1)[0]);
  return a.startsWith(b) || b.startsWith(a);
}

/** From the ends backwards: `row[j]` is the answer for `one` from `i` on and `other` from `j` on. */
function haveCommonText(one: string, other: string): boolean {
  let row: boolean[] = [];
  for (let i = one.length; i >= 0; i--) {
    const below = row;
    row = [];
    for (let j = other.length; j >= 0; j--) row[j] = isCommon(one[i], other[j], { below, row, j });
  }
  return row[0] ?? false;
}

function isCommon(
  a: string | undefined,
  b: string | undefined,
  { below, row, j }: { readonly below: readonly boolean[]; readonly row: readonly boolean[]; readonly j: number },
): boolean {
  if (a === "*" || b === "*") return below[j] === true || row[j + 1] === true;
  if (a === undefined || b === undefined) return a === b;
  return (a === b || a === "?" || b === "?") && below[j + 1] === true;
}
