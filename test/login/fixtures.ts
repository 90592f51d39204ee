/** What a login needs beside a provider: a profile's settings, a store in memory, a person who types what the test says. */

import type { OidcLogin, Origin, SamlLogin, Setting } from "../../src/config/profile.ts";
import { CancelledError, PersonNeededError } from "../../src/errors.ts";
import type { LoginTools } from "../../src/login/login-tools.ts";
import { Secret } from "../../src/secret.ts";
import type { Store } from "../../src/store/store.ts";
import type { Clock, Http, Terminal } from "../../src/world.ts";
import { noBrowser } from "../fakes/nobody.ts";

const origin: Origin = { layer: "environment", variable: "GIVEN" };
const setting = <T>(value: T): Setting<T> => ({ value, origin });

interface LoginParts {
  readonly authUrl?: string;
  readonly redirectUri?: string | undefined;
  readonly username?: string;
  readonly password?: string;
  readonly provider?: string;
  readonly flow?: "form" | "browser" | "device";
  readonly mfaType?: string;
  readonly mfaCode?: string;
  readonly authService?: string;
  readonly federatedUsername?: string;
}

const optional = <T>(value: T | undefined): Setting<T> | undefined => (value === undefined ? undefined : setting(value));
const secret = (value: string | undefined) => (value === undefined ? undefined : setting(new Secret(value)));

export function loginOf(authUrl: string, parts: LoginParts = {}): OidcLogin {
  return {
    ...personOf(parts),
    kind: "oidc",
    authUrl: setting(parts.authUrl ?? authUrl),
    clientId: setting("client-1"),
    redirectUri: optional("redirectUri" in parts ? parts.redirectUri : "app:/callback"),
    flow: optional(parts.flow),
    scopes: ["openid"],
  };
}

/** `authUrl` is the page that the login starts at. */
export function samlLoginOf(
  authUrl: string,
  parts: LoginParts & { readonly entityId?: string; readonly metadata?: string } = {},
): SamlLogin {
  return {
    ...personOf(parts),
    kind: "saml",
    authUrl: setting(authUrl),
    entityId: optional(parts.entityId),
    metadata: optional(parts.metadata),
  };
}

function personOf(parts: LoginParts) {
  return {
    username: optional(parts.username),
    password: secret(parts.password),
    provider: optional(parts.provider),
    mfaType: optional(parts.mfaType),
    mfaCode: secret(parts.mfaCode),
    authService: optional(parts.authService),
    federatedUsername: optional(parts.federatedUsername),
  };
}

interface MemoryStore extends Store {
  /** "kind key" → JSON. */
  readonly entries: Map<string, string>;
}

interface TestTools extends LoginTools {
  readonly store: MemoryStore;
  /** What was logged, at any level. */
  readonly lines: string[];
}

/** Entries as JSON, as on disk. */
function memoryStore(): MemoryStore {
  const entries = new Map<string, string>();
  return {
    entries,
    read: async (kind, key) => {
      const text = entries.get(`${kind} ${key}`);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    write: async (kind, key, value) => void entries.set(`${kind} ${key}`, JSON.stringify(value)),
    keys: async (kind) => [...entries.keys()].filter((name) => name.startsWith(`${kind} `)).map((name) => name.slice(kind.length + 1)),
    remove: async (kind, key) => void entries.delete(`${kind} ${key}`),
    removeAll: async () => entries.clear(),
  };
}

/** Types these answers, in order, and gives up when they are used up. Without any, there is no terminal. */
export function person(...typed: string[]): Terminal & { readonly heard: string[] } {
  const heard: string[] = [];
  const left = [...typed];
  const answer = (message: string): string => {
    if (typed.length === 0) throw new PersonNeededError("nobody is there");
    heard.push(message);
    const next = left.shift();
    if (next === undefined) throw new CancelledError();
    return next;
  };
  return {
    heard,
    isAvailable: typed.length > 0,
    ask: async (message) => answer(message),
    askSecret: async (message) => new Secret(answer(message)),
    choose: async (message, options) => {
      const label = answer(`${message}: ${options.map((option) => option.label).join(" | ")}`);
      const chosen = options.find((option) => option.label === label);
      if (chosen === undefined) throw new Error(`${label} is none of the options`);
      return chosen.value;
    },
    say: (message) => void heard.push(message),
    showWait: (message, number) => {
      heard.push(number === undefined ? message : `${message} [${number}]`);
      return () => {};
    },
    showQr: async (text) => void heard.push(`QR ${text}`),
  };
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs) =>
    new Promise((resolve) => {
      setTimeout(resolve, durationMs);
    }),
};

export function toolsWith(http: Http, parts: Partial<Omit<LoginTools, "store">> = {}): TestTools {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  return {
    lines,
    http,
    store: memoryStore(),
    clock: realClock,
    terminal: person(),
    browser: noBrowser,
    process,
    log: { warn: note, info: note, debug: note },
    browserHome: undefined,
    storedPassword: async () => undefined,
    inTurn: (_name, work) => work(),
    ...parts,
  };
}
