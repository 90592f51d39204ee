/** A server of ours: routes by path, each with who may ask it; what it answers is written down for whoever watches. */

import { failure } from "../answers.ts";
import { type Answer, type ListenOptions, type Listener, listen, type LocalRequest, type LocalResponse } from "../listen.ts";
import { type AccessRules, type Audience, isOwnOrigin, refuseForeign, refuseUnknown } from "./access.ts";

/** What is at one path, or below it. */
export interface Route {
  /** "/credentials"; with a "/" at its end, everything below. */
  readonly path: string;
  readonly audience: Audience;
  /** False for what holds no secret: the page itself. */
  readonly needsToken: boolean;
  readonly methods: readonly string[];
  /** `rest` is what follows the path, as sent. Must not throw or reject. */
  readonly answer: (request: LocalRequest, rest: string) => Answer;
}

/** One request that was answered. */
export interface Answered {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  /** The client's User-Agent, or what stands for it. */
  readonly client: string;
  /** Of the server's own page, by the Origin that its browser tells. */
  readonly isPage: boolean;
}

export interface ServerOptions extends ListenOptions {
  readonly routes: readonly Route[];
  /** The rules, once the address is known. */
  readonly access: (authority: string) => AccessRules;
  /** Absent where nobody watches. */
  readonly note?: ((answered: Answered) => void) | undefined;
  readonly now: () => number;
}

export async function startServer({ routes, access, note, now, ...options }: ServerOptions): Promise<Listener> {
  const table = createTable(routes);
  let rules: AccessRules | undefined;
  const noted = (request: LocalRequest, path: string, response: LocalResponse, isPage: boolean): LocalResponse => {
    note?.({ at: now(), method: request.method, path, status: response.status, client: request.header("user-agent") ?? "", isPage });
    return response;
  };
  return listen(
    (request, authority) => {
      rules ??= access(authority);
      const { target } = request;
      const query = target.indexOf("?");
      const path = query < 0 ? target : target.slice(0, query);
      const found = table(path);
      const isPage = found?.route.audience === "own" && isOwnOrigin(request.header("origin"), rules);
      const given = answer(request, found, rules);
      return given instanceof Promise ? given.then((late) => noted(request, path, late, isPage)) : noted(request, path, given, isPage);
    },
    { ...options, isBusy: true },
  );
}

interface Found {
  readonly route: Route;
  readonly rest: string;
}

function createTable(routes: readonly Route[]): (path: string) => Found | undefined {
  const isExact = ({ path }: Route) => !path.endsWith("/") || path === "/";
  const exact = new Map(routes.filter(isExact).map((route) => [route.path, { route, rest: "" }]));
  const below = routes.filter((route) => !isExact(route));
  return (path) => {
    const whole = exact.get(path);
    if (whole !== undefined) return whole;
    const found = below.find((route) => path.startsWith(route.path));
    return found && { route: found, rest: path.slice(found.path.length) };
  };
}

function answer(request: LocalRequest, found: Found | undefined, rules: AccessRules): Answer {
  const refusal = refuseForeign(request, found?.route.audience ?? "program", rules);
  if (refusal !== undefined) return refusal;
  if (found === undefined) return failure(404, "not-found", "there is nothing at this path");
  const { route, rest } = found;
  if (!route.methods.includes(request.method)) {
    return failure(405, "method-not-allowed", `what is answered here is ${route.methods.join(" and ")}`, {
      allow: route.methods.join(", "),
    });
  }
  return (route.needsToken ? refuseUnknown(request, route.audience, rules) : undefined) ?? route.answer(request, rest);
}
