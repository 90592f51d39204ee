/**
 * XML → whether it may be given to a parser: it comes from a web page or a post, and parsers take minutes over some texts of a megabyte.
 *
 * Decided in one pass over its markup. Some malformed XML is refused here already; the rest is left to the parser.
 */

const MAX_CHARACTERS = 1024 * 1024;
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 3_000;
/** Comments, CDATA sections and instructions. */
const MAX_OTHERS = 1_000;
/** Namespaces among them. */
const MAX_ATTRIBUTES = 32;

/** Text, comment, CDATA section, processing instruction, end tag, start tag; no value counts for more than one of a tag's 2000. */
const MARK = /[^<]+|<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<\/[^<>]*>|<(?![!?/])(?:[^<>"']|"[^"<]*"|'[^'<]*'){1,2000}>/y;
const VALUE = /"[^"]*"|'[^']*'/g;

/** False also for a document type, which declares entities. */
export function isModest(text: string): boolean {
  if (text.length > MAX_CHARACTERS) return false;
  const marks = new RegExp(MARK);
  let [depth, elements, others] = [0, 0, 0];
  while (marks.lastIndex < text.length) {
    const [mark] = marks.exec(text) ?? [];
    if (mark === undefined) return false;
    if (/^<[!?]/.test(mark)) others += 1;
    if (mark.startsWith("</")) depth -= 1;
    if (!/^<[^!?/]/.test(mark)) continue;
    elements += 1;
    if (!mark.endsWith("/>")) depth += 1;
    if (depth > MAX_DEPTH || (mark.match(VALUE) ?? []).length > MAX_ATTRIBUTES) return false;
  }
  return elements <= MAX_ELEMENTS && others <= MAX_OTHERS;
}
