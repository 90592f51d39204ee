/**
 * The web page of a server of ours: its files, which anybody may have who may ask at all.
 *
 * Its policy lets nothing run, load or be asked but what this server gives, and no frame show it. The token is not in any file: it comes in the
 * fragment of the address that the person opens.
 *
 * @see https://www.w3.org/TR/CSP3/ and https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies
 */

import { failure } from "../answers.ts";
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

export function pageFileRoutes(): readonly Route[] {
  const file = {
    audience: "own",
    needsToken: false,
    methods: ["GET"],
    answer: (request: LocalRequest) => fileAt(pathOf(request)),
  } as const;
  return ["/", "/icon.svg", "/site.css", "/site.js", "/site/"].map((path) => ({ ...file, path }));
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
