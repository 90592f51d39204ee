/** HTML → the page as someone who fills in forms sees it: title, forms, what it shows as errors. */

import { type Form, readForms } from "./form.ts";
import { attribute, type Element, isHidden, parseElements, textOf } from "./html.ts";

export interface Page {
  readonly url: URL;
  /** The first heading, else the document's title; may be empty. */
  readonly title: string;
  /** What stands in elements that look like error messages, at most five. */
  readonly errors: readonly string[];
  readonly forms: readonly Form[];
  /** Every id and class in it, lower case. */
  readonly marks: ReadonlySet<string>;
}

const ERROR_MARK = /(^|[-_ ])(error|errors|alert|danger|invalid|warning)([-_ ]|$)/;
const NOT_MESSAGES = new Set(["html", "body", "form", "input", "label", "fieldset"]);
const MAX_ERRORS = 5;

export function readPage(url: URL, html: string): Page {
  const elements = parseElements(html);
  return {
    url,
    title: titleOf(elements),
    errors: errorsIn(elements),
    forms: readForms(elements, url),
    marks: new Set(elements.flatMap(marksOf)),
  };
}

function titleOf(elements: readonly Element[]): string {
  const texts = ["h1", "h2", "title"].flatMap((name) => elements.filter((element) => element.tagName === name).map(textOf));
  return texts.find((text) => text !== "") ?? "";
}

function errorsIn(elements: readonly Element[]): string[] {
  const texts = elements
    .filter((element) => !NOT_MESSAGES.has(element.tagName) && !isHidden(element) && isErrorMessage(element))
    .map(textOf)
    .filter((text) => text !== "");
  return [...new Set(texts)].slice(0, MAX_ERRORS);
}

function isErrorMessage(element: Element): boolean {
  return attribute(element, "role") === "alert" || ERROR_MARK.test(marksOf(element).join(" "));
}

function marksOf(element: Element): string[] {
  const names = `${attribute(element, "id") ?? ""} ${attribute(element, "class") ?? ""}`;
  return names
    .toLowerCase()
    .split(/\s+/)
    .filter((name) => name !== "");
}
