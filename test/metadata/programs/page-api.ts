/**
 * The management API as the page knows it, without any login behind it: thousands of profiles, and logins that go by the profile's name.
 * `password-…` asks user name and password ("right") and a code ("123456"), `push-…` shows a number, `device-…` an address with its code,
 * `choice-…` has options, `broken-…` fails; all others have credentials at once.
 */

import { randomUUID } from "node:crypto";
import { Secret } from "../../../src/secret.ts";
import { failure, respond } from "../../../src/metadata/answers.ts";
import type { Listener, LocalRequest, LocalResponse } from "../../../src/metadata/listen.ts";
import { pageFileRoutes } from "../../../src/metadata/serve/page.ts";
import { pageRoutes } from "../../../src/metadata/serve/page-routes.ts";
import { createPageSessions } from "../../../src/metadata/serve/page-sessions.ts";
import { type Answered, type Route, startServer } from "../../../src/metadata/serve/server.ts";
import { createTokens } from "../../../src/metadata/serve/tokens.ts";

export interface Question {
  readonly id?: string;
  readonly kind: "credentials" | "secret" | "text" | "choice";
  readonly message: string;
  readonly username?: string;
  readonly options?: readonly string[];
  readonly isCode?: true;
}

interface Login {
  readonly profile: string;
  question: Question | null;
  wait: { message: string; number: string | null } | null;
  qr: string | null;
  readonly said: string[];
}

export interface PageApi {
  readonly listener: Listener;
  readonly token: string;
  /** Beside those of /state and the page's files. */
  readonly requests: Answered[];
  /** What was posted, by path. */
  readonly posted: string[];
  /** Until the active credentials end. */
  leftMs: number;
  /** The server's token by now. */
  current(): string;
  /** Time goes by; a token that is an hour old is replaced then. */
  pass(durationMs: number): Promise<void>;
  /** The push was approved, or the device login done. */
  approve(): void;
}

const SOURCES = ["corp-sso", "payments-login", "data-platform", "sandbox-okta"];
const TEAMS = ["billing", "search", "identity", "ledger", "ml", "edge", "web", "ops"];
const STAGES = ["dev", "staging", "prod"];
const ROLES = ["admin", "developer", "readonly", "deploy"];

interface Row {
  readonly name: string;
  readonly kind: string | null;
  readonly source: string | null;
  readonly account: string | null;
  readonly role: string | null;
  readonly cached: boolean;
  readonly expiresAt: string | null;
  readonly problem: string | null;
}

export function manyProfiles(count: number): Row[] {
  const special = ["password-admin", "push-deploy", "device-readonly", "choice-mfa", "broken-role"].map((name, index) =>
    row(name, index, "corp-sso"),
  );
  const sources = SOURCES.map((name) => ({ ...row(name, 0, null), role: null, account: null }));
  const others = Array.from({ length: count - special.length - sources.length }, (_, index) => {
    const [team, stage, role] = [TEAMS[index % 8], STAGES[(index >> 3) % 3], ROLES[(index >> 5) % 4]];
    return row(
      `${team}-${stage}-${role}-${String(index).padStart(4, "0")}`,
      index,
      index % 11 === 10 ? null : (SOURCES[index % 4] ?? null),
    );
  });
  return [...special, ...sources, ...others];
}

function row(name: string, index: number, source: string | null): Row {
  const account = String(100_000_000_000 + ((index * 7_919_131) % 899_999_999_999));
  const cached = index % 5 === 1;
  return {
    name,
    kind: source === null ? "iam" : index % 2 === 0 ? "oidc" : "saml",
    source,
    account,
    role: `arn:aws:iam::${account}:role/team/${name.split("-")[2] ?? "developer"}`,
    cached,
    expiresAt: cached ? new Date(Date.now() + (20 + (index % 90)) * 60_000).toISOString() : null,
    problem: name === "broken-role" ? "[profile broken-role] has no saml_auth_url" : null,
  };
}

export async function startPageApi(options: { profiles?: number; active?: string; host?: string } = {}): Promise<PageApi> {
  let passedMs = 0;
  const clock = { now: () => Date.now() + passedMs, sleep: async () => {} };
  const rows = manyProfiles(options.profiles ?? 4_213);
  const tokens = createTokens(clock, new Secret("a-token-for-the-page-0123456789abcdef"));
  const sessions = createPageSessions(clock);
  const requests: Answered[] = [];
  const posted: string[] = [];
  let active: { row: Row; issuedAt: number } | undefined;
  let login: Login | null = null;
  let problem: { code: string; message: string; hint: string } | null = null;
  let reached: ((name: string) => void) | undefined;
  const api = { leftMs: 3_600_000 };

  const become = (name: string): LocalResponse => {
    const now = clock.now();
    const found = rows.find((each) => each.name === name) ?? row(name, 0, null);
    active = { row: found, issuedAt: now };
    login = null;
    return respond(200, { name });
  };
  const asks = (name: string, question: Question | null, rest: Partial<Login> = {}): LocalResponse => {
    const named = question === null ? null : { ...question, id: randomUUID() };
    login = { profile: name, question: named, wait: null, qr: null, said: [], ...rest };
    return question === null
      ? respond(202, {})
      : respond(401, question, { "X-AwsRunas-Authentication-Type": question.kind === "credentials" ? "AUTH" : "ASK" });
  };
  const start = (name: string): LocalResponse => {
    problem = null;
    reached = become;
    const kind = name.split("-")[0];
    if (kind === "password")
      return asks(name, { kind: "credentials", message: "User name for Keycloak at sso.example.com", username: "alice" });
    if (kind === "push")
      return asks(name, null, { wait: { message: "approve the login in Okta Verify on your phone, and choose", number: "42" } });
    if (kind === "choice")
      return asks(name, {
        kind: "choice",
        message: "How do you want to prove that it is you?",
        options: ["Okta Verify (push)", "Google Authenticator", "Text message to +49 ••• ••12"],
      });
    if (kind === "device") {
      const url = "https://login.example.com/device?user_code=WDJB-MJHT";
      const said = [
        `To log in at login.example.com, open this page in a browser on any device, and enter the code:\n\n  https://login.example.com/device\n  WDJB-MJHT\n`,
      ];
      return asks(name, null, { said, qr: url, wait: { message: "waiting for the login at login.example.com", number: null } });
    }
    if (kind === "broken") {
      problem = {
        code: "config-missing",
        message: "[profile broken-role] has no saml_auth_url (that is its second source)",
        hint: "set saml_auth_url in the profile or SAML_AUTH_URL",
      };
      return respond(403, problem);
    }
    return become(name);
  };
  const again = (said: string): LocalResponse => {
    const { profile, question } = login!;
    return asks(profile, question, { said: [said] });
  };
  const answer = async (request: LocalRequest): Promise<LocalResponse> => {
    const body = JSON.parse((await request.body()) ?? "{}") as { question?: string; answer?: string; choice?: number };
    if (login?.question == null || login.question.id !== body.question) return failure(409, "usage", "nothing is asked");
    if (login.question.kind === "choice") return asks(login.profile, code);
    return body.answer === "123456" ? become(login.profile) : again("The code was not right.");
  };
  const auth = async (request: LocalRequest): Promise<LocalResponse> => {
    const form = new URLSearchParams(await request.body());
    if (login?.question?.kind !== "credentials" || login.question.id !== form.get("question"))
      return failure(409, "usage", "nothing is asked");
    return form.get("password") === "right" ? asks(login.profile, code) : again("User name or password was not right.");
  };
  const code: Question = { kind: "text", message: "One-time code (Google Authenticator) for Keycloak", isCode: true };
  const state = (): LocalResponse =>
    respond(200, {
      active:
        (active && {
          name: active.row.name,
          kind: active.row.kind,
          account: active.row.account,
          role: active.row.role,
          arn: `arn:aws:sts::${active.row.account}:assumed-role/${active.row.role?.split("/").at(-1)}/alice`,
          user: "alice",
          region: "eu-central-1",
          issuedAt: new Date(active.issuedAt + api.leftMs - 3_600_000).toISOString(),
          expiresAt: new Date(active.issuedAt + api.leftMs).toISOString(),
          now: new Date(clock.now()).toISOString(),
        }) ||
        null,
      login,
      problem,
      requests: requests
        .filter(({ path }) => path.startsWith("/credentials"))
        .toReversed()
        .slice(0, 50),
    });
  const own = (method: string, path: string, act: (request: LocalRequest) => LocalResponse | Promise<LocalResponse>): Route => ({
    path,
    audience: "own",
    needsToken: true,
    methods: [method],
    answer: async (request) => {
      if (method === "POST") posted.push(path);
      return act(request);
    },
  });
  const listener = await startServer({
    routes: [
      ...pageFileRoutes(),
      ...pageRoutes({ sessions }),
      own("GET", "/state", state),
      own("GET", "/profiles", () => respond(200, rows)),
      own("POST", "/profile", async (request) => start((await request.body()) ?? "")),
      own("POST", "/refresh", () => (active === undefined ? failure(404, "no-profile", "no profile is active") : become(active.row.name))),
      own("POST", "/auth", auth),
      own("POST", "/answer", answer),
      own("POST", "/cancel", () => {
        login = null;
        return respond(200, {});
      }),
      { path: "/credentials/", audience: "program", needsToken: true, methods: ["GET"], answer: async () => respond(200, {}) },
      { path: "/credentials", audience: "program", needsToken: true, methods: ["GET"], answer: async () => respond(200, {}) },
    ],
    access: (authority) => ({ hosts: new Set([authority, authority.replace("127.0.0.1", "localhost")]), tokens, sessions }),
    note: (answered) => void requests.push(answered),
    now: () => clock.now(),
  });
  if (options.active !== undefined) become(options.active);
  return Object.assign(api, {
    listener,
    token: tokens.current.reveal(),
    requests,
    posted,
    current: () => tokens.current.reveal(),
    async pass(durationMs: number) {
      passedMs += durationMs;
      await tokens.rotate(async () => {});
    },
    approve: () => void (login && reached?.(login.profile)),
  });
}
