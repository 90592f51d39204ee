/** Which flow is taken: settings, provider and surroundings → a flow or an error. */

import { describe, expect, it } from "vitest";

import { chooseFlow, wantedFlow } from "../../src/login/oidc/flow.ts";
import type { Metadata } from "../../src/login/oidc/metadata.ts";
import { detectProvider } from "../../src/login/providers/detect.ts";
import { loginOf } from "./fixtures.ts";

const metadata: Metadata = {
  issuer: "https://acme.example",
  authorization_endpoint: "https://acme.example/authorize",
  token_endpoint: "https://acme.example/token",
  jwks_uri: "https://acme.example/keys",
  authorization_response_iss_parameter_supported: false,
};
const withDevice: Metadata = { ...metadata, device_authorization_endpoint: "https://acme.example/device" };

const LOOPBACK = "http://127.0.0.1/callback";

function choose(parts: Parameters<typeof loginOf>[1], surroundings: { browser?: boolean; terminal?: boolean; provider?: Metadata } = {}) {
  const { browser = true, terminal = true, provider = metadata } = surroundings;
  const wanted = wantedFlow(loginOf("https://acme.example", parts));
  return chooseFlow(
    wanted,
    { metadata: provider, provider: detectProvider(provider) },
    { browser: { isAvailable: browser }, terminal: { isAvailable: terminal } },
  );
}

describe("the redirect URI picks the flow", () => {
  it.each([
    ["app:/callback", "form"],
    ["https://localhost/callback", "form"],
    ["https://acme.example/done", "form"],
    ["http://acme.example/done", "form"],
    [LOOPBACK, "browser"],
    ["http://127.0.0.1:8400/cb", "browser"],
    ["HTTP://LOCALHOST:8400/cb", "browser"],
    ["http://[::1]/cb", "browser"],
  ])("%s: %s", (redirectUri, kind) => {
    expect(choose({ redirectUri }, { provider: withDevice })).toMatchObject({ kind, redirectUri });
  });

  it("none: the device's, where the provider has it", () => {
    expect(choose({ redirectUri: undefined }, { provider: withDevice })).toMatchObject({ kind: "device" });
    expect(() => choose({ redirectUri: undefined })).toThrow(
      expect.objectContaining({
        code: "config-missing",
        message: "web_identity_redirect_uri is not set, and acme.example does not offer the device flow",
        hint: expect.stringContaining("http://127.0.0.1/callback"),
      }),
    );
  });
});

it("in the background of the terminal a device's code is shown, and a browser's redirect is not asked for", () => {
  const reach = { browser: { isAvailable: false }, terminal: { isAvailable: false, isInBackground: true } };
  const flowOf = (redirectUri?: string) =>
    chooseFlow(
      wantedFlow(loginOf("https://acme.example", { redirectUri })),
      { metadata: withDevice, provider: detectProvider(withDevice) },
      reach,
    );
  expect([flowOf(), flowOf(LOOPBACK)]).toMatchObject([{ kind: "device" }, { kind: "device" }]);
});

it.each([
  ["https://acme.okta.com/oauth2/v1/authorize", "https://acme.okta.com/oauth2/v1/keys", "http://127.0.0.1:8400/callback,"],
  ["https://login.microsoftonline.com/t/oauth2/v2.0/authorize", "https://x/keys", "http://localhost,"],
  ["https://acme.example/authorize", "https://x/keys", "http://127.0.0.1/callback,"],
])("a browser's redirect URI is recommended that suits the provider of %s", (authorization_endpoint, jwks_uri, uri) => {
  const provider = { ...metadata, authorization_endpoint, jwks_uri };
  expect(() => choose({ flow: "device" }, { provider })).toThrow(expect.objectContaining({ hint: expect.stringContaining(uri) }));
});

describe("web_identity_flow decides", () => {
  it.each([
    ["form", LOOPBACK],
    ["browser", LOOPBACK],
    ["device", LOOPBACK],
    ["form", "app:/callback"],
    ["device", "app:/callback"],
    ["device", undefined],
  ] as const)("%s, with %s", (flow, redirectUri) => {
    expect(choose({ flow, redirectUri }, { provider: withDevice })).toMatchObject({ kind: flow });
  });

  it.each([
    ["browser", "app:/callback", "config-conflict"],
    ["browser", "https://127.0.0.1/callback", "config-conflict"],
    ["browser", undefined, "config-missing"],
    ["form", undefined, "config-missing"],
  ] as const)("%s does not go with %s", (flow, redirectUri, code) => {
    expect(() => wantedFlow(loginOf("https://acme.example", { flow, redirectUri }))).toThrow(
      expect.objectContaining({ code, exitStatus: 3, hint: expect.stringContaining("web_identity_redirect_uri") }),
    );
  });

  it("device is an error where the provider does not have it", () => {
    expect(() => choose({ flow: "device" })).toThrow(
      expect.objectContaining({ code: "config-value", message: "web_identity_flow = device, which acme.example does not offer" }),
    );
  });
});

describe("without a display", () => {
  it("a device's code takes the browser's place", () => {
    expect(choose({ redirectUri: LOOPBACK }, { browser: false, provider: withDevice })).toEqual({ kind: "device", insteadOf: LOOPBACK });
  });

  it("the browser stays where it was named, or the provider has no device flow: the redirect can be pasted", () => {
    expect(choose({ redirectUri: LOOPBACK, flow: "browser" }, { browser: false, provider: withDevice })).toMatchObject({ kind: "browser" });
    expect(choose({ redirectUri: LOOPBACK }, { browser: false })).toMatchObject({ kind: "browser" });
  });

  it("and without a terminal a person is needed, but for the forms, which may have all they ask for", () => {
    const nobody = { browser: false, terminal: false, provider: withDevice };
    for (const parts of [{ redirectUri: LOOPBACK }, { redirectUri: undefined }, { flow: "device" }] as const)
      expect(() => choose(parts, nobody)).toThrow(expect.objectContaining({ code: "person-needed", exitStatus: 7 }));
    expect(choose({ redirectUri: "app:/callback" }, nobody)).toMatchObject({ kind: "form" });
  });
});

it("a browser without a terminal will do", () => {
  expect(choose({ redirectUri: LOOPBACK }, { terminal: false })).toMatchObject({ kind: "browser" });
});
