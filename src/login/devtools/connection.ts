/**
 * A browser's debugging pipe → calls that are answered, and events. A call may be for a session: one page, frame or worker that we are attached
 * to (flattened sessions).
 *
 * @see https://chromedevtools.github.io/devtools-protocol/ for the messages; /tot/Target/ for sessions
 */

import { messageOf, shorten } from "../../errors.ts";
import type { BrowserEnd, DrivenBrowser } from "../../world.ts";
import { type Json, numberAt, objectAt, textAt } from "../json.ts";
import { encodeMessage, Messages } from "./messages.ts";

const CALL_LIMIT_MS = 30_000;

/** A call that the browser refuses, or does not answer. */
class DevToolsError extends Error {}

/** A call to a browser that has ended, perhaps because we killed it for sending nonsense. */
export class BrowserEndedError extends DevToolsError {}

export interface DevToolsEvent {
  readonly method: string;
  readonly params: Json;
  /** Undefined for the browser itself. */
  readonly sessionId: string | undefined;
}

export interface Connection {
  /** @throws DevToolsError */
  call(method: string, params?: Json, sessionId?: string): Promise<Json>;
  /** Replaces the listener before; events that nobody listens to are dropped. */
  onEvent(listener: (event: DevToolsEvent) => void): void;
  readonly ended: Promise<BrowserEnd>;
}

interface Pending {
  readonly resolve: (result: Json) => void;
  readonly reject: (error: Error) => void;
}

export function connect(browser: DrivenBrowser): Connection {
  const pending = new Map<number, Pending>();
  const messages = new Messages();
  let tell = (_event: DevToolsEvent): void => {};
  let lastId = 0;
  browser.onOutput((bytes) => {
    try {
      for (const message of messages.push(bytes)) receive(message, pending, tell);
    } catch (error) {
      rejectAll(pending, new DevToolsError(messageOf(error)));
      browser.kill();
    }
  });
  void browser.ended.then(() => rejectAll(pending, new BrowserEndedError("the browser has ended")));
  const call: Connection["call"] = (method, params = {}, sessionId) => {
    const id = (lastId += 1);
    const answer = limited(method, (resolve, reject) => pending.set(id, { resolve, reject })).finally(() => pending.delete(id));
    browser.write(encodeMessage({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return answer;
  };
  return { call, onEvent: (listener) => void (tell = listener), ended: browser.ended };
}

function receive(message: Json, pending: ReadonlyMap<number, Pending>, onEvent: (event: DevToolsEvent) => void): void {
  const id = numberAt(message, "id");
  const sessionId = textAt(message, "sessionId");
  if (id === undefined) return onEvent({ method: textAt(message, "method") ?? "", params: objectAt(message, "params"), sessionId });
  const refusal = textAt(message, "error", "message");
  if (refusal === undefined) pending.get(id)?.resolve(objectAt(message, "result"));
  else pending.get(id)?.reject(new DevToolsError(shorten(refusal)));
}

function limited(method: string, start: (resolve: Pending["resolve"], reject: Pending["reject"]) => void): Promise<Json> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DevToolsError(`no answer to ${method}`)), CALL_LIMIT_MS);
    const settle =
      <A>(end: (value: A) => void) =>
      (value: A) => {
        clearTimeout(timer);
        end(value);
      };
    start(settle(resolve), settle(reject));
  });
}

function rejectAll(pending: ReadonlyMap<number, Pending>, error: DevToolsError): void {
  for (const { reject } of pending.values()) reject(error);
}
