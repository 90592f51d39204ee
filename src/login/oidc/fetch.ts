/** Our Http in the shape of `fetch`, as oauth4webapi wants it. */

import type { Http } from "../../world.ts";

interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | null | undefined;
}

const WITHOUT_BODY = new Set([204, 205, 304]);

export function asFetch(http: Http): (url: string, options: FetchOptions) => Promise<Response> {
  return async (url, { method, headers, body }) => {
    const content = body == null ? {} : { body: body.toString() };
    const answer = await http({ method: method === "POST" ? "POST" : "GET", url: new URL(url), headers, ...content });
    const fields = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((item): [string, string] => [name, item]),
    );
    return new Response(WITHOUT_BODY.has(answer.status) ? null : answer.body, { status: answer.status, headers: fields });
  };
}
