/**
 * A program's callbacks → the person that a login asks: what is asked is fit for a terminal, and a question ends with the provider's signal
 * though its callback may go on.
 */

import { CancelledError, printable, UsageError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Browser, Terminal } from "../world.ts";
import type { Answer, Prompts } from "./options.ts";
import { untilAborted } from "./until-aborted.ts";

/** @throws CancelledError where the answer is undefined; what the callbacks throw; the signal's reason */
export function terminalOf(prompts: Prompts, signal: AbortSignal): Terminal {
  return {
    isAvailable: true,
    async ask(message, initial = "", own = signal) {
      const ending = AbortSignal.any([own, signal]);
      return (await answered(() => prompts.ask(printable(message), { initial, signal: ending }), isText, ending)) || initial;
    },
    askSecret: async (message) => new Secret(await answered(() => prompts.askSecret(printable(message), { signal }), isText, signal)),
    async choose(message, options) {
      const labels = options.map(({ label }) => printable(label));
      const isOne = (answer: unknown): answer is number => typeof answer === "number" && options[answer] !== undefined;
      const number = await answered(() => prompts.choose(printable(message), labels, { signal }), isOne, signal);
      return options[number]?.value ?? refuseAnswer();
    },
    say: (message) => prompts.say(printable(message)),
    showWait: (message, number) => showWait(prompts, printable(message), number && printable(number)),
    showQr: async () => {},
  };
}

/** Of the person who is asked, not of this machine. */
export function browserOf({ openBrowser }: Prompts): Browser {
  if (openBrowser === undefined) return { isAvailable: false, open: async () => false };
  return { isAvailable: true, open: async (url) => (await openBrowser(url)) === true };
}

async function answered<T>(question: () => Answer<T>, isAnswer: (answer: unknown) => answer is T, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const answer: unknown = await untilAborted(question(), signal);
  if (answer === undefined) throw new CancelledError();
  return isAnswer(answer) ? answer : refuseAnswer();
}

/** Not repeated: it may be a secret. */
function refuseAnswer(): never {
  throw new UsageError("a prompt of fromAwsRunas answers what is no answer: ask and askSecret give text, choose the number of a label");
}

function isText(answer: unknown): answer is string {
  return typeof answer === "string";
}

function showWait(prompts: Prompts, message: string, number: string | undefined): () => void {
  if (prompts.showWait !== undefined) return prompts.showWait(message, number) ?? (() => {});
  prompts.say(number === undefined ? message : `${message}: ${number}`);
  return () => {};
}
