/** Holds the OpenAPI document and the running server to each other: every path, method, status and body. */

import { describe, expect, it } from "vitest";
import { LoginError } from "../../src/errors.ts";
import { openapi, type Operation } from "../../src/metadata/serve/openapi.ts";
import { type JsonSchema, violations } from "./json-schema.ts";
import { type Answer, manage, type ManagementStage } from "./management-stage.ts";

const document = openapi as unknown as JsonSchema;
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
const FORM = "application/x-www-form-urlencoded";
const CUSTOM = {
  "adv-type": "oidc",
  "role-arn": "arn:aws:iam::123456789012:role/tried",
  "auth-url": "https://id.example.com/realms/main",
  "client-id": "aws",
  "redirect-uri": "app:/callback",
};

type Case = (stage: ManagementStage) => Promise<Answer>;

const asksPassword: Case = (stage) => {
  stage.scripts.set("dev", ({ terminal }) => terminal.askSecret("Password", { what: "password", recipient: "id", username: "alice" }));
  return stage.switchTo("dev");
};
const asksCode: Case = (stage) => {
  stage.scripts.set("dev", async ({ terminal }) => {
    for (;;) await terminal.ask("Code", undefined, undefined, { what: "code", recipient: "id" });
  });
  return stage.switchTo("dev");
};
const asksLine: Case = (stage) => {
  stage.scripts.set("dev", async ({ terminal }) => {
    for (;;) await terminal.ask("Where did it end");
  });
  return stage.switchTo("dev");
};
/** Then waits for another device, once it is answered. */
const waitsAfter =
  (what: "password" | "code"): Case =>
  (stage) => {
    stage.scripts.set("dev", async ({ terminal, clock }) => {
      if (what === "password") await terminal.askSecret("Password", { what, recipient: "id" });
      else await terminal.ask("Code", undefined, undefined, { what, recipient: "id" });
      terminal.showWait("Approve it", "42");
      passSoon(stage);
      await clock.sleep(60_000);
    });
    return stage.switchTo("dev");
  };

/** More time than a request waits for. */
function passSoon({ tools }: ManagementStage): void {
  setTimeout(() => tools.clock.advance(5_000), 20);
}
const waits = async (stage: ManagementStage, name: string) =>
  void stage.scripts.set(name, async ({ terminal, clock }) => {
    terminal.showWait("Approve it");
    passSoon(stage);
    await clock.sleep(60_000);
  });
const refuses = async (stage: ManagementStage, name: string, code: "credentials-refused" | "provider-unreachable") =>
  void stage.scripts.set(name, () =>
    Promise.reject(new LoginError(code, "the login did not work", { provider: "id", step: "login form" })),
  );

const password = (stage: ManagementStage) => stage.form("POST", "/auth", { password: "pw" });
const code = (stage: ManagementStage) => stage.form("POST", "/mfa", { mfa: "123456" });

/** What makes each operation answer each status, but those that all operations have alike. */
const cases: Readonly<Record<string, Case>> = {
  "GET /list-profiles 200": (stage) => stage.ask("GET", "/list-profiles"),
  "GET /list-roles 200": (stage) => stage.ask("GET", "/list-roles"),
  "GET /profiles 200": (stage) => stage.ask("GET", "/profiles"),
  "GET /profile 200": async (stage) => (await stage.switchTo("dev"), stage.ask("GET", "/profile")),
  "GET /profile 404": (stage) => stage.ask("GET", "/profile"),
  "POST /profile 200": (stage) => stage.switchTo("dev"),
  "POST /profile 202": async (stage) => (await waits(stage, "dev"), stage.switchTo("dev")),
  "POST /profile 400": (stage) => stage.switchTo("two\nlines"),
  "POST /profile 401 AUTH": asksPassword,
  "POST /profile 401 MFA": asksCode,
  "POST /profile 401 ASK": asksLine,
  "POST /profile 403 refused": async (stage) => (await refuses(stage, "dev", "credentials-refused"), stage.switchTo("dev")),
  "POST /profile 404": (stage) => stage.switchTo("nobody"),
  "POST /profile default": async (stage) => (await refuses(stage, "dev", "provider-unreachable"), stage.switchTo("dev")),
  "POST /profile/custom 200": (stage) => stage.form("POST", "/profile/custom", CUSTOM),
  "POST /profile/custom 202": async (stage) => (await waits(stage, "(custom)"), stage.form("POST", "/profile/custom", CUSTOM)),
  "POST /profile/custom 400": (stage) => stage.form("POST", "/profile/custom", { ...CUSTOM, "adv-type": "other" }),
  "PUT /profile/custom 200": (stage) => stage.form("PUT", "/profile/custom", { ...CUSTOM, "profile-name": "new" }),
  "PUT /profile/custom 400": (stage) => stage.form("PUT", "/profile/custom", CUSTOM),
  "PUT /profile/custom 409": (stage) => stage.form("PUT", "/profile/custom", { ...CUSTOM, "profile-name": "dev" }),
  "POST /auth 200": async (stage) => (await asksPassword(stage), password(stage)),
  "POST /auth 202": async (stage) => (await waitsAfter("password")(stage), password(stage)),
  "POST /auth 400": (stage) => stage.form("POST", "/auth", { username: "alice" }),
  "POST /auth 409": password,
  "POST /mfa 200": async (stage) => {
    stage.scripts.set("dev", ({ terminal }) => terminal.ask("Code", undefined, undefined, { what: "code", recipient: "id" }));
    await stage.switchTo("dev");
    return code(stage);
  },
  "POST /mfa 202": async (stage) => (await waitsAfter("code")(stage), code(stage)),
  "POST /mfa 400": (stage) => stage.form("POST", "/mfa", {}),
  "POST /mfa 401 MFA": async (stage) => (await asksCode(stage), code(stage)),
  "POST /mfa 409": async (stage) => (await asksPassword(stage), code(stage)),
  "POST /answer 200": async (stage) => (await asksPassword(stage), stage.answer({ answer: "pw" })),
  "POST /answer 202": async (stage) => (await waitsAfter("code")(stage), stage.answer({ answer: "123456" })),
  "POST /answer 400": (stage) => stage.answer({ answer: 1 }),
  "POST /answer 401 ASK": async (stage) => (await asksLine(stage), stage.answer({ answer: "elsewhere" })),
  "POST /answer 409": (stage) => stage.answer({ choice: 0 }),
  "POST /cancel 200": (stage) => stage.ask("POST", "/cancel"),
  "POST /refresh 200": async (stage) => (await stage.switchTo("dev"), stage.ask("POST", "/refresh")),
  "POST /refresh 202": async (stage) => {
    await stage.switchTo("dev");
    await waits(stage, "dev");
    return stage.ask("POST", "/refresh");
  },
  "POST /refresh 404": (stage) => stage.ask("POST", "/refresh"),
  "GET /state 200": async (stage) => {
    await stage.switchTo("dev");
    stage.scripts.set("dev", async ({ terminal }) => {
      terminal.say("The password was wrong");
      await terminal.showQr("https://id.example.com/device?code=AB");
      terminal.showWait("Approve it", "42");
      await terminal.choose("Which", [{ value: 1, label: "one" }]);
    });
    await stage.ask("POST", "/refresh");
    return stage.ask("GET", "/state");
  },
  "POST /session 200": (stage) => stage.ask("POST", "/session"),
  "POST /qr 200": (stage) => stage.ask("POST", "/qr", { body: "https://id.example.com/device", contentType: "text/plain" }),
  "POST /qr 400": (stage) => stage.ask("POST", "/qr", { body: "", contentType: "text/plain" }),
  "GET /openapi.json 200": (stage) => stage.ask("GET", "/openapi.json"),
};

/** The same for every operation that has them. */
function commonCases(path: string, method: string, { requestBody }: Operation): Readonly<Record<string, Case>> {
  const [contentType = ""] = Object.keys(requestBody?.content ?? {});
  const bodies: Readonly<Record<string, Case>> = {
    "413": (stage) => stage.ask(method, path, { contentType, body: "a".repeat(9_000) }),
    "415": (stage) => stage.ask(method, path, { contentType: contentType === FORM ? "text/plain" : FORM, body: "a=b" }),
  };
  return {
    "401": (stage) => stage.ask(method, path, { token: null }),
    "403": (stage) => stage.ask(method, path, { headers: { host: "evil.example.com" } }),
    ...(requestBody === undefined ? {} : bodies),
  };
}

const all = Object.entries({
  ...Object.fromEntries(
    operations.flatMap(({ path, method, operation }) =>
      Object.entries(commonCases(path, method, operation)).map(([status, each]) => [`${method} ${path} ${status}`, each] as const),
    ),
  ),
  ...cases,
});

describe("the OpenAPI document", () => {
  it("is what the server gives", async () => {
    const stage = await manage();
    const { json, headers } = await stage.ask("GET", "/openapi.json");
    expect(headers["content-type"]).toBe("application/json");
    expect(json).toEqual(JSON.parse(JSON.stringify(openapi)));
  });

  it("has every status that is looked at here, and no other", () => {
    const documented = operations.flatMap(({ path, method, operation }) =>
      Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`),
    );
    const looked = new Set(all.map(([name]) => name.split(" ").slice(0, 3).join(" ")));
    // A fault of ours, which nothing from outside can make.
    const unlooked = documented.filter((name) => !looked.has(name) && !name.endsWith(" default"));
    expect(unlooked).toEqual([]);
    expect([...looked].filter((name) => !documented.includes(name))).toEqual([]);
  });

  it("had no word of /qr: it has every route of the server but the page's files", async () => {
    const { routes } = await manage();
    const described = operations.map(({ path, method }) => `${method} ${path}`);
    const served = routes.flatMap(({ path, methods }) => methods.map((method) => `${method} ${path}`));
    const files = ["/", "/icon.svg", "/site.css", "/site.js", "/site/"].map((path) => `GET ${path}`);
    expect(served.toSorted()).toEqual([...described, ...files].toSorted());
    expect(routes.filter(({ needsToken }) => !needsToken).map(({ path }) => `GET ${path}`)).toEqual(files);
  });

  it("has every path, each with the methods that the server answers", async () => {
    const stage = await manage();
    for (const [path, methods] of Object.entries(openapi.paths)) {
      const { status, headers } = await stage.ask("PATCH", path);
      expect(status).toBe(405);
      expect(headers["allow"]?.toLowerCase().split(", ").sort()).toEqual(Object.keys(methods).sort());
    }
    const paths = ["/list-profiles", "/list-roles", "/profile", "/profile/custom", "/auth", "/mfa", "/refresh"];
    expect(paths.filter((path) => openapi.paths[path] === undefined)).toEqual([]);
  });

  it.each(all)("%s is as it says", { timeout: 15_000 }, async (name, request) => {
    const [method = "", path = "", status = "", type] = name.split(" ");
    const answer = await request(await manage());
    const response = openapi.paths[path]?.[method.toLowerCase()]?.responses[status];
    expect(String(answer.status)).toBe(status === "default" ? "503" : status);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(violations(answer.json, response?.content["application/json"]?.schema as JsonSchema, document)).toEqual([]);
    expect(answer.type).toBe(["AUTH", "MFA", "ASK"].includes(type ?? "") ? type : undefined);
  });

  it("describes the bodies that the server takes, and not those that it refuses", () => {
    const schemaOf = (path: string, method: string) =>
      Object.values(openapi.paths[path]?.[method]?.requestBody?.content ?? {})[0]?.schema as JsonSchema;
    const valid = [
      violations(CUSTOM, schemaOf("/profile/custom", "post"), document),
      violations({ ...CUSTOM, "profile-name": "new" }, schemaOf("/profile/custom", "put"), document),
      violations({ question: "q", choice: 0 }, schemaOf("/answer", "post"), document),
      violations({ password: "pw" }, schemaOf("/auth", "post"), document),
      violations({ mfa: "123456" }, schemaOf("/mfa", "post"), document),
    ];
    expect(valid).toEqual([[], [], [], [], []]);
    expect(violations(CUSTOM, schemaOf("/profile/custom", "put"), document)).toEqual(["$.profile-name is missing"]);
    expect(violations({ question: "q", answer: 1 }, schemaOf("/answer", "post"), document)).toEqual(["$ fits 0 of 2 schemas"]);
    expect(violations({ answer: "a" }, schemaOf("/answer", "post"), document)).toEqual(["$ fits 0 of 2 schemas"]);
    expect(violations({ username: "alice" }, schemaOf("/auth", "post"), document)).toEqual(["$.password is missing"]);
  });
});
