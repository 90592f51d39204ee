/**
 * The web page of a server of ours: its files, which anybody may have who may ask at all, and QR codes for it.
 *
 * Its policy lets nothing run, load or be asked but what this server gives, and no frame show it. The token is not in any file: it comes in the
 * fragment of the address that the person opens.
 *
 * @see https://www.w3.org/TR/CSP3/ and https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies
 */

import { failure, respond } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import type { Route } from "./server.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const TYPES: Readonly<Record<string, string>> = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
/** Far more than an address of a device login has; what fits into a code at all is 2,953 bytes. */
const MAX_QR_LENGTH = 1_024;
/** Modules of quiet zone on each side, as the standard asks for. */
const BORDER = 4;

export function pageRoutes(): readonly Route[] {
  const file = {
    audience: "own",
    needsToken: false,
    methods: ["GET"],
    answer: (request: LocalRequest) => fileAt(pathOf(request)),
  } as const;
  return [
    ...["/", "/icon.svg", "/site.css", "/site.js", "/site/"].map((path) => ({ ...file, path })),
    { path: "/qr", audience: "own", needsToken: true, methods: ["POST"], answer: qrCode },
  ];
}

function pathOf({ target }: LocalRequest): string {
  return target.split("?", 1)[0] ?? "";
}

async function fileAt(path: string): Promise<LocalResponse> {
  const { pageFiles } = await import("./page-files.ts");
  const body = Object.hasOwn(pageFiles, path) ? pageFiles[path] : undefined;
  if (body === undefined) return failure(404, "not-found", "there is nothing at this path");
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "text/html";
  return { status: 200, headers: { "content-type": `${type}; charset=utf-8`, ...HEADERS }, body };
}

/** The body's text as a code: how many modules a side has, and the dark ones as the path of an SVG drawing. */
async function qrCode(request: LocalRequest): Promise<LocalResponse> {
  const text = await request.body();
  if (text === undefined || text === "" || text.length > MAX_QR_LENGTH) {
    return failure(400, "usage", `the body is a text of 1 to ${MAX_QR_LENGTH} characters`);
  }
  const { encode } = await import("uqr");
  const { data, size } = encode(text, { ecc: "M", border: BORDER });
  return respond(200, { size, path: data.map(rowPath).join("") });
}

function rowPath(row: readonly boolean[], y: number): string {
  return row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")).join("");
}
