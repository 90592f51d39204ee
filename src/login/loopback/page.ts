/**
 * What the browser shows when it comes back: one page without script, of which nothing is loaded from anywhere, cached, framed or told to
 * the next page (Content Security Policy Level 3, Referrer Policy). Text from a provider is shown, never read as markup.
 */

import { printable } from "../../errors.ts";

export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isFailure: boolean;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2127; --soft: #57606a; --paper: #f4f5f7; --card: #fff; --line: #d9dde2; --mark: #1a7f4b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #a2abb5; --paper: #15181c; --card: #1e2227; --line: #343a41; --mark: #57c98b; }
}
:root.failed { --mark: #c0352b; }
@media (prefers-color-scheme: dark) { :root.failed { --mark: #ff8a80; } }
* { box-sizing: border-box; margin: 0; }
body { min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 32rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-top: 4px solid var(--mark); border-radius: 8px; }
h1 { font-size: 1.375rem; line-height: 1.3; }
p { margin-top: 0.75rem; overflow-wrap: anywhere; white-space: pre-line; }
.soft { color: var(--soft); }
`;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** `profile` is undefined where a login is nobody's in particular. */
export function successPage({ profile, user }: { readonly profile: string | undefined; readonly user: string }): Page {
  const who = profile === undefined ? `As ${user}.` : `Profile ${profile}, as ${user}.`;
  return page("You are logged in", [who], false);
}

export function failurePage({
  title,
  message,
  profile,
}: {
  readonly title: string;
  readonly message: string;
  readonly profile?: string | undefined;
}): Page {
  return page(title, profile === undefined ? [message] : [message, `Profile ${profile}.`], true);
}

function page(title: string, paragraphs: readonly string[], isFailure: boolean): Page {
  const nonce = crypto.randomUUID();
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const html = `<!DOCTYPE html>
<html lang="en"${isFailure ? ' class="failed"' : ""}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – aws-runas</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n")}
<p class="soft">You can close this window and go back to the terminal.</p>
</main>
</body>
</html>
`;
  return { html, headers: { ...HEADERS, "content-security-policy": policy }, isFailure };
}

/** Control characters are shown by their numbers, as on the terminal. */
function escapeHtml(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return printable(text).replaceAll(/[&<>"']/g, (character) => named[character] ?? "");
}
