/**
 * Duo's Universal Prompt, which a provider sends the browser to for a second factor and which sends it back: a page with scripts that is
 * driven by what these scripts do. Nothing of it is published; both kinds of prompt that Duo serves are known from programs that drive them:
 * gimme-aws-creds (duo_universal.py, pull request 437) and aws-adfs (_duo_universal_prompt_authenticator.py, pull request 447).
 */

import { attribute, parseElements } from "../../http/html.ts";
import { submission } from "../../http/form.ts";
import { readPage } from "../../http/page.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { type DuoPrompt, failed } from "./duo-prompt.ts";
import { answerApp } from "./duo-app.ts";
import { answerFrame } from "./duo-frame.ts";
import { isInDomains } from "./hosts.ts";
import type { SignIn } from "./provider.ts";

export function isDuo({ hostname }: URL): boolean {
  return isInDomains(hostname, ["duosecurity.com", "duofederal.com"]);
}

/**
 * What a browser would request next.
 *
 * @throws LoginError `approval-refused`, `code-refused`, `page-not-answerable`, `provider-answer`; PersonNeededError; CancelledError
 */
export async function answerDuo({ url, body, status }: HttpResponse, signIn: SignIn): Promise<HttpRequest> {
  const prompt: DuoPrompt = { page: url, signIn };
  if (status >= 400) throw failed(prompt, "provider-refused", `answers ${status}`);
  const app = parseElements(body, url).find((element) => attribute(element, "data-authkey") !== undefined);
  if (app !== undefined) {
    return answerApp(prompt, { authkey: attribute(app, "data-authkey") ?? "", akey: attribute(app, "data-akey") ?? "" });
  }
  const { forms } = readPage(url, body);
  const [first, login] = ["plugin_form", "login-form"].map((id) =>
    forms.find((form) => form.id === id && form.action.origin === url.origin),
  );
  if (login !== undefined) return answerFrame(prompt, login);
  if (first === undefined) throw failed(prompt, "provider-answer", "shows a page that aws-runas does not know");
  return submission(
    first,
    first.fields.map(({ name, value }) => [name, value]),
  );
}
