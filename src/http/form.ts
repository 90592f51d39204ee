/**
 * The forms of an HTML page: where they go, what can be filled in, what can be pressed. Submission follows the HTML standard's "form
 * submission" for application/x-www-form-urlencoded, the only encoding login pages use.
 */

import type { HttpRequest } from "../world.ts";
import { attribute, closest, type Element, elementsIn, isHidden, textOf } from "./html.ts";

export interface Form {
  readonly id: string;
  readonly action: URL;
  readonly method: "GET" | "POST";
  readonly fields: readonly Field[];
  readonly buttons: readonly Button[];
  /** What stands in the element around it, its heading where it has one: some pages keep a form's only visible part beside it. */
  readonly context: string;
  /** The classes in the element around it, with spaces between them: icons have telling ones, in every language. */
  readonly contextMarks: string;
}

export interface Field {
  /** An input's type, lower case; "select" or "textarea". An input that its own attributes hide is "hidden". */
  readonly type: string;
  /** Never empty: what has no name is not submitted. */
  readonly name: string;
  readonly value: string;
  readonly id: string;
  readonly autocomplete: string;
  /** Its label's text, else its placeholder; may be empty. */
  readonly label: string;
  readonly isRequired: boolean;
  readonly isChecked: boolean;
  readonly isReadOnly: boolean;
  /** Of a select. */
  readonly options: readonly Option[];
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** A name and a value. */
export type Entry = readonly [string, string];

/** Something that submits the form; its name, if it has one, goes along. */
export interface Button {
  readonly name: string;
  readonly value: string;
  readonly id: string;
  readonly text: string;
}

/** Login pages have a few. A page of thousands would keep us busy for minutes, and no time limit ends a computation. */
const MAX_FORMS = 50;
const MAX_CONTROLS = 500;
/** How many elements around a form are looked at. */
const MAX_AROUND = 100;
const CONTROLS = new Set(["input", "select", "textarea", "button"]);

/** In document order, the first 50, with the page's first 500 controls. A form whose action is no URL is left out. */
export function readForms(elements: readonly Element[], url: URL): Form[] {
  const base = documentBase(elements, url);
  const labels = labelTexts(elements);
  return [...controlsByForm(elements)].flatMap(([form, controls]) => {
    const action = attribute(form, "action") || url.href;
    if (!URL.canParse(action, base.href)) return [];
    const around = form.parentNode !== null && "tagName" in form.parentNode ? form.parentNode : undefined;
    return [
      {
        id: attribute(form, "id") ?? "",
        action: new URL(action, base),
        method: attribute(form, "method")?.toLowerCase() === "post" ? "POST" : "GET",
        fields: controls.filter((control) => !isButton(control)).flatMap((control) => readField(control, labels)),
        buttons: controls.filter(isButton).map(readButton),
        context: around === undefined ? "" : textOf(headingIn(around) ?? around),
        contextMarks: around === undefined ? "" : classesIn(around),
      },
    ];
  });
}

/** What pressing a button sends when the form holds these names and values. */
export function submission(form: Form, entries: readonly Entry[]): HttpRequest {
  const content = new URLSearchParams(entries.map(([name, value]): [string, string] => [name, value]));
  if (form.method === "POST") return formPost(form.action, content);
  const url = new URL(form.action);
  url.search = content.toString();
  return { method: "GET", url };
}

/** What a form sends that was not read from a page. */
export function formPost(url: URL, content: URLSearchParams | Readonly<Record<string, string>>): HttpRequest {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", url, headers, body: new URLSearchParams(content).toString() };
}

function headingIn(element: Element): Element | undefined {
  return elementsIn(element, MAX_AROUND).find(({ tagName }) => /^h[1-6]$/.test(tagName));
}

function classesIn(element: Element): string {
  return [element, ...elementsIn(element, MAX_AROUND)].flatMap((each) => attribute(each, "class") ?? []).join(" ");
}

export function documentBase(elements: readonly Element[], url: URL): URL {
  const base = elements.find((element) => element.tagName === "base" && attribute(element, "href") !== undefined);
  const href = base === undefined ? "" : (attribute(base, "href") ?? "");
  return URL.canParse(href, url.href) ? new URL(href, url) : url;
}

function labelTexts(elements: readonly Element[]): ReadonlyMap<string, string> {
  const labels = elements.filter((element) => element.tagName === "label" && attribute(element, "for") !== undefined);
  return new Map(labels.map((label) => [attribute(label, "for") ?? "", textOf(label)]));
}

function controlsByForm(elements: readonly Element[]): ReadonlyMap<Element, readonly Element[]> {
  const found = elements.filter((element) => element.tagName === "form").slice(0, MAX_FORMS);
  const forms = new Map<Element, Element[]>(found.map((form) => [form, []]));
  let last: Element | undefined;
  let controls = 0;
  for (const element of elements) {
    if (element.tagName === "form") last = element;
    if (!CONTROLS.has(element.tagName) || attribute(element, "disabled") !== undefined) continue;
    controls += 1;
    if (controls > MAX_CONTROLS) break;
    const owner = ownerOf(element, forms, last);
    if (owner !== undefined) forms.get(owner)?.push(element);
  }
  return forms;
}

/** By the `form` attribute, by nesting, or (a form opened inside a table, which the parser leaves empty) the one opened last. */
function ownerOf(control: Element, forms: ReadonlyMap<Element, unknown>, last: Element | undefined): Element | undefined {
  const id = attribute(control, "form");
  if (id !== undefined) return [...forms.keys()].find((form) => attribute(form, "id") === id);
  return closest(control, "form") ?? (last?.childNodes.some((node) => "tagName" in node) ? undefined : last);
}

function isButton(control: Element): boolean {
  const type = typeOf(control);
  return control.tagName === "button"
    ? !["button", "reset"].includes(type)
    : control.tagName === "input" && ["submit", "image"].includes(type);
}

function typeOf(control: Element): string {
  return attribute(control, "type")?.trim().toLowerCase() ?? "";
}

function readButton(control: Element): Button {
  const value = attribute(control, "value") ?? "";
  const text = control.tagName === "button" ? textOf(control) : value;
  return { name: attribute(control, "name") ?? "", value, id: attribute(control, "id") ?? "", text };
}

/** None for what never takes part in a submission. */
function readField(control: Element, labels: ReadonlyMap<string, string>): Field[] {
  const name = attribute(control, "name") ?? "";
  const type = control.tagName === "input" ? typeOf(control) || "text" : control.tagName;
  if (name === "" || ["button", "reset", "file"].includes(type)) return [];
  const id = attribute(control, "id") ?? "";
  const options = optionsOf(control);
  return [
    {
      type: isHidden(control) ? "hidden" : type,
      name,
      value: valueOf(control, type),
      id,
      autocomplete: (attribute(control, "autocomplete") ?? "").toLowerCase(),
      label: labelOf(control, labels.get(id)),
      isRequired: attribute(control, "required") !== undefined,
      isChecked: attribute(control, "checked") !== undefined,
      isReadOnly: attribute(control, "readonly") !== undefined,
      options: options.map((option) => ({ value: optionValue(option), label: textOf(option) })),
    },
  ];
}

function labelOf(control: Element, byId: string | undefined): string {
  const around = closest(control, "label");
  return byId ?? (around === undefined ? (attribute(control, "aria-label") ?? attribute(control, "placeholder") ?? "") : textOf(around));
}

function valueOf(control: Element, type: string): string {
  if (type === "textarea") return textOf(control);
  if (type !== "select") return attribute(control, "value") ?? (type === "checkbox" || type === "radio" ? "on" : "");
  const options = optionsOf(control);
  const selected = options.find((option) => attribute(option, "selected") !== undefined) ?? options[0];
  return selected === undefined ? "" : optionValue(selected);
}

function optionValue(option: Element): string {
  return attribute(option, "value") ?? textOf(option);
}

function optionsOf(control: Element): readonly Element[] {
  return control.tagName === "select" ? elementsIn(control).filter((element) => element.tagName === "option") : [];
}
