import { describe, expect, it } from "vitest";

import { proxyFor } from "../../src/http/proxy.ts";

const find = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.href;

describe("the proxy of a request", () => {
  it("is HTTPS_PROXY for https and HTTP_PROXY for http", () => {
    const env = { HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:2" };
    expect(find("https://host.example/", env)).toBe("http://secure:1/");
    expect(find("http://host.example/", env)).toBe("http://plain:2/");
    expect(find("https://host.example/", {})).toBeUndefined();
  });

  it("is the lower-case variable's where both are set, and none where it is empty", () => {
    expect(find("https://host.example/", { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:1" })).toBe("http://b:1/");
    expect(find("https://host.example/", { HTTPS_PROXY: "" })).toBeUndefined();
  });

  it("may be written without a scheme", () => {
    expect(find("https://host.example/", { HTTPS_PROXY: "proxy:3128" })).toBe("http://proxy:3128/");
  });

  it.each(["socks5://proxy:1", "http://user:secret@", "http://user:50%secret@proxy:1", "::"])(
    "is an error that shows no value when it is %s",
    (value) => {
      expect(() => find("https://host.example/", { HTTPS_PROXY: value })).toThrowError(
        expect.objectContaining({
          code: "config-value",
          message: "the environment variable HTTPS_PROXY is not the URL of an http or https proxy",
        }),
      );
    },
  );

  it.each(["https://localhost/", "https://127.0.0.2/", "https://[::1]/", "https://app.localhost/"])("is none for %s", (url) => {
    expect(find(url, { HTTPS_PROXY: "http://proxy:1" })).toBeUndefined();
  });
});

describe("NO_PROXY", () => {
  it.each([
    ["*", "https://host.example/"],
    ["host.example", "https://host.example/"],
    ["host.example", "https://under.host.example/"],
    [".host.example", "https://under.host.example/"],
    ["*.host.example", "https://under.host.example/"],
    ["other, HOST.example", "https://host.example/"],
    ["other host.example:8443", "https://host.example:8443/"],
    ["host.example:443", "https://host.example/"],
    ["10.1.2.3", "https://10.1.2.3/"],
    ["10.0.0.0/8", "https://10.1.2.3/"],
    ["2001:db8::/32", "https://[2001:db8::1]/"],
    ["[2001:db8::1]:8443", "https://[2001:db8::1]:8443/"],
  ])("%s covers %s", (list, url) => {
    expect(find(url, { HTTPS_PROXY: "http://proxy:1", NO_PROXY: list })).toBeUndefined();
  });

  it.each([
    ["host.example", "https://ghost.example/"],
    ["host.example:8443", "https://host.example/"],
    ["under.host.example", "https://host.example/"],
    ["10.0.0.0/8", "https://11.1.2.3/"],
    ["10.0.0.0/99", "https://10.1.2.3/"],
    ["10.0.0.0/8", "https://10.host.example/"],
    ["", "https://host.example/"],
  ])("%s does not cover %s", (list, url) => {
    expect(find(url, { HTTPS_PROXY: "http://proxy:1", NO_PROXY: list })).toBe("http://proxy:1/");
  });
});
