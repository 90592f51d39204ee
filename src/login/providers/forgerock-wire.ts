/**
 * AM's `/json/…/authenticate`: pages of callbacks and what they are answered with, as on the wire.
 *
 * An answer is the page itself with values filled in: `authId` (good for one use), `stage`, `_id`s and whatever else is in it go back as they
 * came. Source: Ping AM's guide, "Log in to AM over REST" (https://docs.pingidentity.com/pingam/8/am-authentication/login-using-REST.html), and
 * OpenAM 16. A refusal is 401; OpenAM answers 408 for an `authId` that is used up, AM 401 with error code 110.
 */

import { shorten } from "../../errors.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { isObject, isText, type Json, parseObject } from "../json.ts";

/** One question or message; `inputs` are the names that its answers go under. */
export interface Callback {
  readonly type: string;
  readonly output: ReadonlyMap<string, unknown>;
  readonly inputs: readonly string[];
}

export interface CallbackPage {
  readonly stage: string;
  readonly header: string;
  readonly callbacks: readonly Callback[];
  /** As it came. */
  readonly wire: Json;
}

export type AmAnswer =
  | { readonly kind: "page"; readonly page: CallbackPage }
  /** `tokenId` is the session's; undefined where AM gives it in a cookie alone. */
  | { readonly kind: "done"; readonly tokenId: string | undefined; readonly successUrl: string | undefined }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "timed-out" }
  /** Neither; `message` is AM's own. */
  | { readonly kind: "failed"; readonly status: number; readonly message: string };

const TIMED_OUT = "110";

/** `page` undefined begins; `values` are by input name, and what they do not name goes back as it came. */
export function buildAuthenticate(url: URL, page?: CallbackPage, values: ReadonlyMap<string, unknown> = new Map()): HttpRequest {
  return {
    method: "POST",
    url,
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      "accept-api-version": "resource=2.0, protocol=1.0",
      // AM's filter against forged requests asks for a header that a form cannot send.
      "x-requested-with": "XMLHttpRequest",
    },
    body: page === undefined ? "{}" : JSON.stringify(fillIn(page.wire, values)),
  };
}

export function parseAuthenticate({ status, body }: HttpResponse): AmAnswer {
  const json = parseObject(body) ?? {};
  const { tokenId, successUrl } = json;
  if (status === 200 && typeof json["authId"] === "string") return parsePage(json) ?? { kind: "failed", status, message: "" };
  if (status === 200 && (isText(tokenId) || isText(successUrl))) {
    return { kind: "done", tokenId: isText(tokenId) ? tokenId : undefined, successUrl: isText(successUrl) ? successUrl : undefined };
  }
  const detail = json["detail"];
  if (status === 408 || (status === 401 && isObject(detail) && detail["errorCode"] === TIMED_OUT)) return { kind: "timed-out" };
  const message = messageIn(json);
  return status === 401 ? { kind: "refused", message } : { kind: "failed", status, message };
}

/** A text of a callback's output; empty where there is none. */
export function textOf({ output }: Callback, name: string): string {
  const value = output.get(name);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The texts of a list in a callback's output. */
export function listOf({ output }: Callback, name: string): readonly string[] {
  const value = output.get(name);
  return Array.isArray(value) ? value.map((each: unknown) => (typeof each === "string" ? each : "")) : [];
}

function parsePage(wire: Json): AmAnswer | undefined {
  const { callbacks, stage, header } = wire;
  if (!Array.isArray(callbacks) || !canGoBack(wire)) return undefined;
  const parsed = callbacks.map(parseCallback);
  if (!parsed.every((callback) => callback !== undefined)) return undefined;
  const page = { stage: isText(stage) ? stage : "", header: isText(header) ? header : "", callbacks: parsed, wire };
  return { kind: "page", page };
}

/** JSON can be read at any depth, and written at a few thousand. */
function canGoBack(wire: unknown): boolean {
  try {
    return JSON.stringify(wire) !== "";
  } catch {
    return false;
  }
}

function parseCallback(wire: unknown): Callback | undefined {
  if (!isObject(wire) || !isText(wire["type"])) return undefined;
  const output = pairsOf(wire["output"]);
  const input = pairsOf(wire["input"]);
  return output && input && { type: wire["type"], output: new Map(output), inputs: input.map(([name]) => name) };
}

/** Of a list of `{name, value}`; undefined when it is none. A missing list is an empty one. */
function pairsOf(list: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return undefined;
  const pairs = list.map((each: unknown) =>
    isObject(each) && isText(each["name"]) ? ([each["name"], each["value"]] as const) : undefined,
  );
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

function fillIn(wire: Json, values: ReadonlyMap<string, unknown>): unknown {
  const fillInput = (input: unknown): unknown =>
    isObject(input) && isText(input["name"]) && values.has(input["name"]) ? { ...input, value: values.get(input["name"]) } : input;
  const fillCallback = (callback: unknown): unknown =>
    isObject(callback) && Array.isArray(callback["input"]) ? { ...callback, input: callback["input"].map(fillInput) } : callback;
  const { callbacks } = wire;
  return { ...wire, callbacks: Array.isArray(callbacks) ? callbacks.map(fillCallback) : callbacks };
}

/** Without the full stop and exclamation marks of some. */
function messageIn(json: Json): string {
  const text = [json["message"], json["reason"]].find(isText) ?? "";
  return shorten(text.replaceAll("&quot;", '"')).replace(/[.!]+$/, "");
}
