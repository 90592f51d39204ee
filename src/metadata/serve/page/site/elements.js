/** Small ways to the document: found by id, made from a description, changed only where something is different (focus and selection stay). */

const SVG = "http://www.w3.org/2000/svg";

export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** `attributes` with functions are listeners; true is an empty attribute; false and undefined are none. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svgElement(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** A line for screen readers; said again where it is the same. */
export function announce(text, isUrgent = false) {
  const region = byId(isUrgent ? "assertive" : "polite");
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

/** A word, and no name of a setting or resource: "role_arn", "arn:aws:…". */
export function capitalized(text) {
  return /^[a-z]+(?![\w./-]|:\S)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
