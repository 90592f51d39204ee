/** The library against the sandbox: a home of one's own, and an environment that stands for the process's. */

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Prompts, Question } from "../../src/library/options.ts";

/** HOME with the sandbox's configuration; gone after the test. */
export function homeFor(sandbox: Sandbox, config = sandbox.configText): string {
  const home = mkdtempSync(join(tmpdir(), "aws-runas-library-"));
  mkdirSync(join(home, ".aws"));
  writeFileSync(join(home, ".aws/config"), config);
  onTestFinished(() => rmSync(home, { recursive: true, maxRetries: 3 }));
  return home;
}

export function envFor(sandbox: Sandbox, home: string, more: Record<string, string> = {}): Record<string, string> {
  return { HOME: home, AWSRUNAS_STORE: "file", ...sandbox.environment, ...more };
}

/** What has been asked since the last call: logins at the provider, calls of STS. */
export function costOf(sandbox: Sandbox): () => { logins: number; sts: string[] } {
  const seen = { provider: sandbox.provider.requests.length, sts: sandbox.sts.actions().length };
  return () => {
    const [provider, sts] = [sandbox.provider.requests, sandbox.sts.actions()];
    const logins = provider.slice(seen.provider).filter(({ method, path }) => method === "POST" && path.startsWith("/token")).length;
    const cost = { logins, sts: sts.slice(seen.sts) };
    Object.assign(seen, { provider: provider.length, sts: sts.length });
    return cost;
  };
}

/** Answers as planned; any other question fails. */
export function personWith(answers: Record<string, string | number | undefined>, told: string[] = []): Prompts {
  const answer = (message: string): string | number | undefined => {
    const planned = Object.keys(answers).find((part) => message.includes(part));
    if (planned === undefined) throw new Error(`unplanned question: ${message}`);
    told.push(`? ${message}`);
    return answers[planned];
  };
  return {
    ask: (message) => answer(message) as string | undefined,
    askSecret: async (message) => answer(message) as string | undefined,
    choose: async (message, labels) => labels.indexOf(answer(message) as string),
    say: (message) => void told.push(message),
  };
}

/** Is asked, and never answers. */
export function silentPerson(): { readonly prompts: Prompts; readonly asked: Promise<Question> } {
  let isAsked: (question: Question) => void = () => {};
  const asked = new Promise<Question>((resolve) => (isAsked = resolve));
  const never = (_message: string, question: Question): Promise<never> => {
    isAsked(question);
    return new Promise(() => {});
  };
  return {
    prompts: { ask: never, askSecret: never, choose: (message, _labels, question) => never(message, question), say: () => {} },
    asked,
  };
}
