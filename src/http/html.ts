/** HTML text → a tree that can be walked without recursion, however deep a server nests it (WHATWG HTML, by parse5). */

import { defaultTreeAdapter, type DefaultTreeAdapterTypes as Tree, parse } from "parse5";

import { HttpError } from "./http-error.ts";

export type Element = Tree.Element;

/** Deeper elements are left out, as browsers flatten them there. */
const MAX_DEPTH = 512;
/** A page may say that an element is an error message a thousand times over: its text must not cost the whole page each time. */
const MAX_TEXT_NODES = 5000;
const MAX_TEXT_NODE_LENGTH = 10_000;
/**
 * More than the longest page that is read can name: formatting elements that nothing closes are opened again in every block, so a small page may ask
 * for billions.
 */
const MAX_ELEMENTS = 400_000;

/**
 * Every element in document order. Without scripts: what stands in `noscript` is there.
 *
 * @throws HttpError "too-large", naming the host of `url`, for a page of more elements than a page can name
 */
export function parseElements(html: string, url: URL): readonly Element[] {
  let count = 0;
  const createElement: typeof defaultTreeAdapter.createElement = (...parts) => {
    count += 1;
    if (count > MAX_ELEMENTS) throw new HttpError("too-large", url.host, `the page of ${url.host} has more than ${MAX_ELEMENTS} elements`);
    return defaultTreeAdapter.createElement(...parts);
  };
  return elementsIn(parse(html, { scriptingEnabled: false, treeAdapter: { ...defaultTreeAdapter, createElement } }));
}

/** The elements below one, in document order, the first `limit` of them. */
export function elementsIn(root: Tree.ParentNode, limit = Number.POSITIVE_INFINITY): Element[] {
  const found: Element[] = [];
  const open: { node: Tree.ChildNode; depth: number }[] = [];
  const push = (parent: Tree.ParentNode, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    for (const node of parent.childNodes.toReversed()) open.push({ node, depth });
  };
  push(root, 1);
  for (let next = open.pop(); next !== undefined && found.length < limit; next = open.pop()) {
    if (!("tagName" in next.node)) continue;
    found.push(next.node);
    push(next.node, next.depth + 1);
  }
  return found;
}

/** Undefined when the element has no such attribute. */
export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value;
}

/** The text a person sees in an element, white space collapsed, at most 300 characters of its first 5000 nodes. */
export function textOf(element: Element): string {
  const open: Tree.ChildNode[] = element.childNodes.toReversed();
  let text = "";
  let nodes = 0;
  for (let node = open.pop(); node !== undefined && text.length < 1000 && nodes < MAX_TEXT_NODES; node = open.pop()) {
    nodes += 1;
    if (node.nodeName === "#text") text += (node as Tree.TextNode).value.slice(0, MAX_TEXT_NODE_LENGTH);
    else if ("tagName" in node && !["script", "style", "template"].includes(node.tagName)) {
      text += " ";
      for (const child of node.childNodes.toReversed()) open.push(child);
    }
  }
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}

/** The nearest element of one of these names around (or being) this one. */
export function closest(element: Element, tagName: string): Element | undefined {
  let node: Tree.ParentNode | null = element;
  while (node !== null && "tagName" in node) {
    if (node.tagName === tagName) return node;
    node = node.parentNode;
  }
  return undefined;
}

/** Hidden by its own attributes; style sheets and elements around it are not asked. */
export function isHidden(element: Element): boolean {
  return attribute(element, "hidden") !== undefined || /display\s*:\s*none/i.test(attribute(element, "style") ?? "");
}
