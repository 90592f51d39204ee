/**
 * XML → its document, for SAML messages: no document type, so no entities of anybody's making, and nothing that is not well-formed is
 * mended.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/SAML_Security_Cheat_Sheet.html
 */

import { DOMParser } from "@xmldom/xmldom";

/** Undefined for what is no well-formed XML, or declares a document type. */
export function parseXml(text: string): Document | undefined {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return undefined;
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

/** The elements of this name below another, in document order. */
export function elementsNamed(parent: Document | Element, namespace: string, name: string): Element[] {
  return Array.from(parent.getElementsByTagNameNS(namespace, name));
}

/** Its text without blanks around it. */
export function textOf(element: Element | undefined): string {
  return element?.textContent?.trim() ?? "";
}
