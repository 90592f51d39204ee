/** HTML → the page as someone who fills in forms sees it: title, forms, links, what it shows as errors. */

import { documentBase, type Form, readForms } from "./form.ts";
import { attribute, type Element, isHidden, parseElements, textOf } from "./html.ts";

export interface Page {
  readonly url: URL;
  /** The first heading, else the document's title; may be empty. */
  readonly title: string;
  /** What stands in elements that look like error messages, at most five. */
  readonly errors: readonly string[];
  readonly forms: readonly Form[];
  /** The first 200. */
  readonly links: readonly Link[];
  /** What a click sets off a script on, the first 200. */
  readonly scripted: readonly Scripted[];
  /** Where the page itself leads on to after a while (a meta element's "refresh"). */
  readonly refresh: URL | undefined;
  /** Every id and class in it, lower case. */
  readonly marks: ReadonlySet<string>;
}

export interface Link {
  readonly id: string;
  readonly url: URL;
  readonly text: string;
}

export interface Scripted {
  readonly id: string;
  /** Its "onclick". */
  readonly script: string;
  readonly text: string;
}

const ERROR_MARK = /(^|[-_ ])(error|errors|alert|danger|invalid|warning)([-_ ]|$)/;
const REFRESH = /^\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i;
const NOT_MESSAGES = new Set(["html", "body", "form", "input", "label", "fieldset"]);
const MAX_ERRORS = 5;
const MAX_LINKS = 200;

/** @throws what `parseElements` throws */
export function readPage(url: URL, html: string): Page {
  const elements = parseElements(html, url);
  const base = documentBase(elements, url);
  return {
    url,
    title: titleOf(elements),
    errors: errorsIn(elements),
    forms: readForms(elements, url),
    links: linksIn(elements, base),
    scripted: scriptedIn(elements),
    refresh: refreshOf(elements, base),
    marks: new Set(elements.flatMap(marksOf)),
  };
}

function linksIn(elements: readonly Element[], base: URL): Link[] {
  const links = elements.filter((element) => element.tagName === "a" && URL.canParse(attribute(element, "href") ?? "", base.href));
  return links.slice(0, MAX_LINKS).map((link) => ({
    id: attribute(link, "id") ?? "",
    url: new URL(attribute(link, "href") ?? "", base),
    text: textOf(link),
  }));
}

function scriptedIn(elements: readonly Element[]): Scripted[] {
  const scripted = elements.filter((element) => attribute(element, "onclick") !== undefined);
  return scripted.slice(0, MAX_LINKS).map((element) => ({
    id: attribute(element, "id") ?? "",
    script: attribute(element, "onclick") ?? "",
    text: textOf(element),
  }));
}

/** WHATWG HTML, "shared declarative refresh steps": "5; url=…". */
function refreshOf(elements: readonly Element[], base: URL): URL | undefined {
  const metas = elements.filter((element) => element.tagName === "meta" && /^refresh$/i.test(attribute(element, "http-equiv") ?? ""));
  const content = metas.map((meta) => attribute(meta, "content") ?? "").find((text) => REFRESH.test(text));
  const target = content === undefined ? undefined : REFRESH.exec(content)?.[1]?.trim();
  return target !== undefined && URL.canParse(target, base.href) ? new URL(target, base) : undefined;
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
