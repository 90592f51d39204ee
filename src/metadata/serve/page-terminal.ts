/**
 * The terminal of a login that is answered over HTTP: a question stands until somebody who knows the server's token answers it, and whoever
 * watches sees it, with what is waited for and what was said.
 *
 * Each question has a name of its own, so that an answer which comes late, or twice, is none to the next.
 *
 * User name and password are typed together there and asked for one after another here: the password waits for its question, and is given to
 * nobody but who asked for the name. Nothing that was answered is shown again.
 */

import { randomUUID } from "node:crypto";
import { CancelledError, PersonNeededError, printable } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Choice, Clock, Purpose, Terminal } from "../../world.ts";

/** What is asked, for whoever shows it. */
export interface Question {
  /** Which answers name. */
  readonly id: string;
  readonly kind: "credentials" | "secret" | "text" | "choice";
  readonly message: string;
  /** With "credentials": the one that is known, or was typed before. */
  readonly username?: string;
  /** With "choice". */
  readonly options?: readonly string[];
  /** True for a one-time code. */
  readonly isCode?: true;
}

/** What the person at the page gave. */
export type Given = {
  /** The question's id; undefined from a client of the Go tool, which knows none. */
  readonly to: string | undefined;
} & (
  | { readonly kind: "credentials"; readonly username: string; readonly password: Secret }
  | { readonly kind: "code" | "line"; readonly text: Secret }
  | { readonly kind: "choice"; readonly index: number }
);

export interface Wait {
  readonly message: string;
  /** To be compared with another device's. */
  readonly number: string | null;
}

const LIMIT_MS = 5 * 60_000;
const MAX_SAID = 20;
const MAX_SAID_LENGTH = 4_000;

interface Pending {
  readonly question: Question;
  readonly purpose: Purpose | undefined;
  settle(answer: string | number): void;
}

export class PageTerminal implements Terminal {
  readonly isAvailable = true;
  readonly #clock: Clock;
  readonly #end: AbortController;
  readonly #notify: () => void;
  readonly #said: string[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #pending: Pending | undefined;
  #wasUsed = false;
  #wait: Wait | undefined;
  #qr: string | undefined;
  #held: { readonly recipient: string; readonly username: string; readonly password: Secret } | undefined;

  /** @param end ends the login: aborted by whoever cancels it, and here when nobody answers */
  constructor(clock: Clock, end: AbortController, changed: () => void) {
    this.#clock = clock;
    this.#end = end;
    this.#notify = changed;
  }

  get question(): Question | undefined {
    return this.#pending?.question;
  }

  /** Whether anything was asked or said. */
  get wasUsed(): boolean {
    return this.#wasUsed;
  }

  get shown(): { wait: Wait | null; qr: string | null; said: readonly string[] } {
    return { wait: this.#wait ?? null, qr: this.#qr ?? null, said: this.#said };
  }

  /** Undefined when it was taken; else why it is none to the question. */
  answer(given: Given): string | undefined {
    const pending = this.#pending;
    if (pending === undefined) return "nothing is asked";
    const { question, purpose } = pending;
    if (given.to !== undefined && given.to !== question.id) return "that question is not asked any more";
    if (given.kind === "credentials") return this.#takeCredentials(given, pending);
    if (given.kind === "choice") {
      if (question.options?.[given.index] === undefined) return "the question has no such choice";
      return void pending.settle(given.index);
    }
    if (question.kind === "choice") return "the question is which of several";
    if (given.kind === "code" && purpose?.what !== "code") return "the question is not for a one-time code";
    if (purpose?.what === "username") return "the question is for user name and password";
    return void pending.settle(given.text.reveal());
  }

  async ask(message: string, initial = "", signal?: AbortSignal, purpose?: Purpose): Promise<string> {
    if (purpose?.what === "username") this.#held = undefined;
    const isCode = purpose?.what === "code" ? { isCode: true as const } : {};
    const question: Question =
      purpose?.what === "username"
        ? { ...named("credentials", message), ...(initial === "" ? {} : { username: printable(initial) }) }
        : { ...named("text", message), ...isCode };
    return String(await this.#inTurn({ question, purpose }, signal)) || initial;
  }

  async askSecret(message: string, purpose?: Purpose): Promise<Secret> {
    const held = this.#held;
    this.#held = undefined;
    const isPassword = purpose?.what === "password";
    if (isPassword && held?.recipient === purpose.recipient && held.username === purpose.username) return held.password;
    const known = isPassword && purpose.username !== undefined ? { username: printable(purpose.username) } : {};
    const question: Question = { ...named(isPassword ? "credentials" : "secret", message), ...known };
    return new Secret(String(await this.#inTurn({ question, purpose })));
  }

  async choose<T>(message: string, choices: readonly Choice<T>[]): Promise<T> {
    const options = choices.map(({ label }) => printable(label));
    const question: Question = { ...named("choice", message), options };
    const chosen = choices[Number(await this.#inTurn({ question, purpose: undefined }))];
    if (chosen === undefined) throw new CancelledError();
    return chosen.value;
  }

  say(message: string): void {
    this.#said.push(printable(message).trim().slice(0, MAX_SAID_LENGTH));
    if (this.#said.length > MAX_SAID) this.#said.shift();
    this.#changed();
  }

  showWait(message: string, number?: string): () => void {
    const wait = { message: printable(message), number: number === undefined ? null : printable(number) };
    this.#wait = wait;
    this.#changed();
    return () => {
      if (this.#wait === wait) this.#wait = undefined;
    };
  }

  async showQr(text: string): Promise<void> {
    this.#qr = printable(text);
    this.#changed();
  }

  /** A password for a name that is known is for that name alone. */
  #takeCredentials({ username, password }: Given & { kind: "credentials" }, { question, purpose, settle }: Pending): string | undefined {
    if (purpose?.what === "username") {
      const name = username || question.username;
      if (name === undefined) return "the user name is missing";
      this.#held = { recipient: purpose.recipient, username: name, password };
      return void settle(name);
    }
    if (purpose?.what !== "password") return "the question is not for user name and password";
    if (username !== "" && question.username !== undefined && username !== question.username) {
      return "the user name is settled, and it is another one";
    }
    return void settle(password.reveal());
  }

  #changed(): void {
    this.#wasUsed = true;
    this.#notify();
  }

  #inTurn(asked: Pick<Pending, "question" | "purpose">, signal?: AbortSignal): Promise<string | number> {
    const answer = this.#last.then(() => this.#put(asked, signal));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #put(asked: Pick<Pending, "question" | "purpose">, signal?: AbortSignal): Promise<string | number> {
    const over = new AbortController();
    const ends = AbortSignal.any([this.#end.signal, ...(signal === undefined ? [] : [signal])]);
    ends.throwIfAborted();
    try {
      return await new Promise<string | number>((settle, reject) => {
        this.#pending = { ...asked, settle: (answer) => this.#settle(() => settle(answer)) };
        ends.addEventListener("abort", () => reject(ends.reason), { once: true, signal: over.signal });
        this.#limit(over.signal);
        this.#changed();
      });
    } finally {
      this.#pending = undefined;
      over.abort();
    }
  }

  /** At once: the next look finds no question any more. */
  #settle(settle: () => void): void {
    this.#pending = undefined;
    settle();
  }

  #limit(over: AbortSignal): void {
    const late = () => this.#end.abort(new PersonNeededError(`nobody answered within ${LIMIT_MS / 60_000} minutes`));
    this.#clock.sleep(LIMIT_MS, over).then(late, () => undefined);
  }
}

function named(kind: Question["kind"], message: string): Pick<Question, "id" | "kind" | "message"> {
  return { id: randomUUID(), kind, message: printable(message) };
}
