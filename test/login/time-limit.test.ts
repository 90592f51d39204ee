import { describe, expect, it } from "vitest";

import { HttpError } from "../../src/http/http-error.ts";
import { asLoginError, providerHttp } from "../../src/login/provider-http.ts";
import type { Clock, HttpRequest } from "../../src/world.ts";
import { loginOf, samlLoginOf } from "./fixtures.ts";

const request: HttpRequest = { method: "GET", url: new URL("https://sso.example/path?secret") };

describe("the time of a login", () => {
  it("is limited to 30 seconds a request and two minutes in all, spent waiting for servers", async () => {
    let now = 0;
    const clock: Clock = { now: () => now, sleep: async () => undefined };
    const limits: (number | undefined)[] = [];
    const slow = async (sent: HttpRequest) => {
      limits.push(sent.timeoutMs);
      now += 25_000;
      return { status: 200, url: sent.url, headers: {}, body: "" };
    };
    const quiet = () => undefined;
    const http = providerHttp(
      { host: "sso.example", login: loginOf("https://sso.example") },
      { http: slow, clock, log: { warn: quiet, info: quiet, debug: quiet } },
    );
    for (let count = 0; count < 5; count += 1) {
      await http("login form")(request);
      now += 600_000; // a person types
    }
    expect(limits).toEqual([30_000, 30_000, 30_000, 30_000, 20_000]);
    await expect(http("token")(request)).rejects.toMatchObject({ code: "provider-unreachable", step: "token" });
  });

  it("has a failure named with the step and logged without the query", async () => {
    const lines: string[] = [];
    const note = (message: string) => void lines.push(message);
    const failing = async () => {
      throw new HttpError("unreachable", "sso.example", "cannot reach sso.example: refused");
    };
    const clock: Clock = { now: () => 0, sleep: async () => undefined };
    const http = providerHttp(
      { host: "sso.example", login: loginOf("https://sso.example") },
      { http: failing, clock, log: { warn: note, info: note, debug: note } },
    );
    await expect(http("discovery")(request)).rejects.toMatchObject({
      code: "provider-unreachable",
      step: "discovery",
      provider: "sso.example",
    });
    expect(lines).toEqual(["GET https://sso.example/path failed"]);
  });

  it.each([
    ["web_identity_auth_url", loginOf],
    ["saml_auth_url", samlLoginOf],
  ])("has a host that cannot be reached told with the setting that says it, and no other (%s)", (key, makeLogin) => {
    const origin = { layer: "profile", file: "~/.aws/config", line: 7, section: "profile dev", key } as const;
    const login = { ...makeLogin("https://sso.example"), authUrl: { value: "https://sso.example", origin } };
    const { hint } = asLoginError(new HttpError("unreachable", "sso.example", "refused"), { host: "sso.example", login }, "discovery");
    expect(hint).toMatch(new RegExp(`^check ${key} in \\[profile dev\\] \\(~/.aws/config, line 7\\), the network`));
    expect(hint?.match(/auth_url/g)).toHaveLength(1);
  });
});
