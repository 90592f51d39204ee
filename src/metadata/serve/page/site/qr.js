/** A text as a QR code: the server encodes, the page draws. Dark on light whatever the scheme is, for readers want it so. */

import { svgElement } from "./elements.js";
import { ask } from "./server.js";

let shown = null;

export async function showQr(place, text) {
  if (text === shown) return;
  shown = text;
  place.hidden = true;
  place.replaceChildren();
  if (text === null) return;
  const { kind, value } = await ask("POST", "/qr", text);
  if (kind !== "ok" || shown !== text) return;
  const drawing = svgElement("svg", {
    viewBox: `0 0 ${value.size} ${value.size}`,
    role: "img",
    "aria-label": "QR code that opens the login on a phone",
    "shape-rendering": "crispEdges",
  });
  drawing.append(
    svgElement("rect", { width: value.size, height: value.size, fill: "#fff" }),
    svgElement("path", { d: value.path, fill: "#000" }),
  );
  place.replaceChildren(drawing);
  place.hidden = false;
}
