/** The provider's HTML: plain forms as an organisation's login would serve them. */

export interface LoginPage {
  readonly title: string;
  readonly action: string;
  /** Shown above the form when the last answer was wrong. */
  readonly problem?: string | undefined;
  readonly hidden: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
  readonly buttons: readonly string[];
}

export const USERNAME_FIELD = '<label>User name <input type="text" name="username" autocomplete="username" autofocus></label>';
export const PASSWORD_FIELD = '<label>Password <input type="password" name="password" autocomplete="current-password"></label>';
export const CODE_FIELD =
  '<label>One-time code <input type="text" name="code" inputmode="numeric" autocomplete="one-time-code" autofocus></label>';
export const REMEMBER_FIELD = '<label><input type="checkbox" name="remember" value="on"> Remember me</label>';
export const SIGN_IN_BUTTON = '<button type="submit" name="step" value="sign-in">Sign in</button>';
export const ALLOW_BUTTON = '<button type="submit" name="decision" value="allow">Allow</button>';
export const DENY_BUTTON = '<button type="submit" name="decision" value="deny">Deny</button>';

/** A page with one form that is posted back. */
export function formPage(page: LoginPage): string {
  const hidden = Object.entries(page.hidden).map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`);
  const problem = page.problem === undefined ? [] : [`<p role="alert">${escapeHtml(page.problem)}</p>`];
  const controls = [...hidden, ...page.fields, ...page.buttons].join("\n    ");
  return htmlPage(page.title, [...problem, `<form method="post" action="${escapeHtml(page.action)}">\n    ${controls}\n  </form>`]);
}

/** A page around lines of ready HTML. */
export function htmlPage(title: string, lines: readonly string[]): string {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body>
  <h1>${escapeHtml(title)}</h1>
  ${lines.join("\n  ")}
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
