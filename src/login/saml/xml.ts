/**
 * XML → its document, for SAML messages: no document type, so no entities of anybody's making, and nothing that is not well-formed is
 * mended.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/SAML_Security_Cheat_Sheet.html
 */

import { DOMParser } from "@xmldom/xmldom";
import { isModest } from "./xml-limits.ts";

/** Undefined for what is no well-formed XML, declares a document type, or is larger or deeper than any SAML message. */
export function parseXml(text: string): Document | undefined {
  if (!isModest(text)) return undefined;
  let isBroken = false;
  const note = (): void => {
    isBroken = true;
  };
  const parser = new DOMParser({ locator: {}, errorHandler: { warning: note, error: note, fatalError: note } });
  try {
    const document = parser.parseFromString(text, "text/xml");
    return isBroken || document?.documentElement == null ? undefined : document;
  } catch {
    return undefined;
  }
}

/** True for the root of a document too. */
export function isNamed(element: Element | null, namespace: string, name: string): element is Element {
  return element?.namespaceURI === namespace && element.localName === name;
}

/** The elements of this name right below another, in order: what stands deeper (in an Advice, in an Extension) is not its own. */
export function childrenNamed(parent: Element | undefined, namespace: string, name: string): Element[] {
  const children: Element[] = [];
  for (let node = parent?.firstChild ?? null; node !== null; node = node.nextSibling)
    if (isElement(node) && isNamed(node, namespace, name)) children.push(node);
  return children;
}

function isElement(node: Node): node is Element {
  return node.nodeType === 1;
}

/** Of an attribute without a namespace; undefined where it is not there or empty. */
export function attributeOf(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) || undefined;
}

/** Its text without blanks around it; comments inside are no part of it and do not end it. */
export function textOf(element: Element | undefined): string {
  return element?.textContent?.trim() ?? "";
}
