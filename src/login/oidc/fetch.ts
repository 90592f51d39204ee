/** Our Http in the shape of `fetch`, as oauth4webapi wants it. */

import { allowInsecureRequests, customFetch } from "oauth4webapi";

import type { Http } from "../../world.ts";
import { type Json, parseObject } from "../json.ts";

interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | null | undefined;
}

const WITHOUT_BODY = new Set([204, 205, 304]);

/** For oauth4webapi: requests go by this Http. */
export function by(http: Http) {
  // Our Http speaks plain http to this machine alone.
  return { [customFetch]: asFetch(http), [allowInsecureRequests]: true } as const;
}

function asFetch(http: Http): (url: string, options: FetchOptions) => Promise<Response> {
  return async (url, { method, headers, body }) => {
    const content = body == null ? {} : { body: body.toString() };
    const answer = await http({ method: method === "POST" ? "POST" : "GET", url: new URL(url), headers, ...content });
    const fields = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((item): [string, string] => [name, item]),
    );
    return new Response(WITHOUT_BODY.has(answer.status) ? null : answer.body, { status: answer.status, headers: fields });
  };
}

/** Empty when it is no JSON object. */
export async function readObject(response: Response): Promise<Json> {
  return parseObject(await response.text()) ?? {};
}
