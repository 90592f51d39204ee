/**
 * What the provider asks a person: user name and password (on one page or two), one-time code, consent.
 *
 * oidc-provider sends the browser to `/interaction/<uid>` and takes over again at the URL that `interactionResult` gives. An attempt is
 * remembered by its uid, so that a code is only asked of someone whose password was right.
 */

import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Interaction, Provider } from "oidc-provider";

import type { Handle } from "./loopback-server.ts";
import * as pages from "./pages.ts";
import { subjectOf } from "./provider-configuration.ts";
import type { Totp } from "./totp.ts";

export interface Account {
  readonly name: string;
  readonly password: string;
  readonly totp: Totp | undefined;
}

export interface InteractionOptions {
  readonly provider: Provider;
  readonly accounts: ReadonlyMap<string, Account>;
  /** Ids of clients whose users are asked for the name on a page of its own. */
  readonly twoPageClients: ReadonlySet<string>;
}

interface Attempt {
  /** Has to come back with every form. */
  readonly csrf: string;
  readonly isOnTwoPages: boolean;
  name?: string;
  isPasswordRight: boolean;
}

type Outcome = { readonly result: object } | { readonly problem?: string };

export function createInteractions(options: InteractionOptions): Handle {
  const { provider } = options;
  const attempts = new Map<string, Attempt>();
  return async (request, incoming, response) => {
    const interaction = await provider.interactionDetails(incoming, response).catch(() => undefined);
    if (interaction === undefined) return sendPage(response, 400, pages.htmlPage("This login has expired", []));
    const attempt = attempts.get(interaction.uid) ?? newAttempt(interaction, options);
    attempts.set(interaction.uid, attempt);
    if (request.method === "GET") return sendPage(response, 200, currentPage(interaction, attempt));

    const form = new URLSearchParams(request.body);
    if (form.get("csrf") !== attempt.csrf) return sendPage(response, 400, pages.htmlPage("This form is not ours", []));
    const outcome = interaction.prompt.name === "login" ? logIn(attempt, form, options) : await consent(provider, interaction, form);
    if (!("result" in outcome)) return sendPage(response, 200, currentPage(interaction, attempt, outcome.problem));
    attempts.delete(interaction.uid);
    const location = await provider.interactionResult(incoming, response, outcome.result);
    response.writeHead(303, { location }).end();
  };
}

function newAttempt(interaction: Interaction, options: InteractionOptions): Attempt {
  return { csrf: randomUUID(), isOnTwoPages: options.twoPageClients.has(interaction.params.client_id), isPasswordRight: false };
}

function logIn(attempt: Attempt, form: URLSearchParams, options: InteractionOptions): Outcome {
  if (attempt.isOnTwoPages && attempt.name === undefined) {
    attempt.name = form.get("username") ?? "";
    return {};
  }
  const name = attempt.name ?? form.get("username") ?? "";
  const account = options.accounts.get(name);
  if (!attempt.isPasswordRight) {
    if (account === undefined || form.get("password") !== account.password) return { problem: "Wrong user name or password." };
    attempt.name = name;
    attempt.isPasswordRight = true;
    if (account.totp !== undefined) return {};
  } else if (account?.totp?.accept(form.get("code") ?? "") !== true) {
    return { problem: "Wrong one-time code." };
  }
  return { result: { login: { accountId: subjectOf(name) } } };
}

async function consent(provider: Provider, interaction: Interaction, form: URLSearchParams): Promise<Outcome> {
  if (form.get("decision") !== "allow") {
    return { result: { error: "access_denied", error_description: "the user did not consent" } };
  }
  const { grantId, params, session } = interaction;
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant = known ?? new provider.Grant({ accountId: session?.accountId ?? "", clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? "");
  return { result: { consent: { grantId: await grant.save() } } };
}

function currentPage(interaction: Interaction, attempt: Attempt, problem?: string): string {
  const form = { action: `/interaction/${interaction.uid}`, hidden: { csrf: attempt.csrf }, problem };
  if (interaction.prompt.name === "consent") {
    const title = `Allow ${interaction.params.client_id} to know who you are?`;
    return pages.formPage({ ...form, title, fields: [], buttons: [pages.DENY_BUTTON, pages.ALLOW_BUTTON] });
  }
  return pages.formPage({ ...form, title: "Sign in", fields: loginFields(attempt), buttons: [pages.SIGN_IN_BUTTON] });
}

function loginFields(attempt: Attempt): readonly string[] {
  if (attempt.isPasswordRight) return [pages.CODE_FIELD];
  if (!attempt.isOnTwoPages) return [pages.USERNAME_FIELD, pages.PASSWORD_FIELD, pages.REMEMBER_FIELD];
  return attempt.name === undefined ? [pages.USERNAME_FIELD] : [pages.PASSWORD_FIELD];
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(html);
}
