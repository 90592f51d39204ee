/** A server of ours: routes by path, each with who may ask it; what it answers is written down for whoever watches. */

import { failure } from "../answers.ts";
import { type ListenOptions, type Listener, listen, type LocalRequest, type LocalResponse } from "../listen.ts";
import { type AccessRules, type Audience, refuseForeign, refuseUnknown } from "./access.ts";

/** What is at one path, or below it. */
export interface Route {
  /** "/credentials"; with a "/" at its end, everything below. */
  readonly path: string;
  readonly audience: Audience;
  /** False for what holds no secret: the page itself. */
  readonly needsToken: boolean;
  readonly methods: readonly string[];
  /** `rest` is what follows the path, as sent. Must not reject. */
  readonly answer: (request: LocalRequest, rest: string) => Promise<LocalResponse>;
}

/** One request that was answered. */
export interface Answered {
  readonly at: Date;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  /** The client's User-Agent, or what stands for it. */
  readonly client: string;
}

export interface ServerOptions extends ListenOptions {
  readonly routes: readonly Route[];
  /** The rules, once the address is known. */
  readonly access: (authority: string) => AccessRules;
  readonly note: (answered: Answered) => void;
  readonly now: () => number;
}

export async function startServer({ routes, access, note, now, ...options }: ServerOptions): Promise<Listener> {
  const table = createTable(routes);
  let rules: AccessRules | undefined;
  return listen(async (request, authority) => {
    rules ??= access(authority);
    const [path = ""] = request.target.split("?", 1);
    const response = await answer(request, path, { table, rules });
    note({ at: new Date(now()), method: request.method, path, status: response.status, client: request.header("user-agent") ?? "" });
    return response;
  }, options);
}

type Table = (path: string) => { readonly route: Route; readonly rest: string } | undefined;

function createTable(routes: readonly Route[]): Table {
  const exact = new Map(routes.filter(({ path }) => !path.endsWith("/") || path === "/").map((route) => [route.path, route]));
  const below = routes.filter(({ path }) => path.endsWith("/") && path !== "/");
  return (path) => {
    const route = exact.get(path);
    if (route !== undefined) return { route, rest: "" };
    const found = below.find((each) => path.startsWith(each.path));
    return found && { route: found, rest: path.slice(found.path.length) };
  };
}

async function answer(request: LocalRequest, path: string, { table, rules }: { table: Table; rules: AccessRules }): Promise<LocalResponse> {
  const found = table(path);
  const refusal = refuseForeign(request, found?.route.audience ?? "program", rules);
  if (refusal !== undefined) return refusal;
  if (found === undefined) return failure(404, "not-found", "there is nothing at this path");
  const { route, rest } = found;
  if (!route.methods.includes(request.method)) {
    return failure(405, "method-not-allowed", `only ${route.methods.join(" and ")} is answered here`, { allow: route.methods.join(", ") });
  }
  return (route.needsToken ? refuseUnknown(request, rules) : undefined) ?? route.answer(request, rest);
}
