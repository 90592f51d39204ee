import { expect, test } from "vitest";
import { renderError } from "../../src/cli/render-error.ts";
import { AwsError, CancelledError, ConfigError, LoginError, UsageError } from "../../src/errors.ts";

test("a message, and a hint where there is one", () => {
  expect(renderError(new UsageError("no profile is named", { hint: "name one" }), 0)).toEqual({
    text: "aws-runas: no profile is named\nhint: name one\n",
    exitStatus: 2,
  });
  expect(renderError(new CancelledError(), 1)).toEqual({ text: "aws-runas: cancelled\n", exitStatus: 130 });
});

test("each class ends the program with its own status", () => {
  const statuses = [
    new ConfigError("config-value", "x"),
    new LoginError("provider-refused", "x", { provider: "p", step: "token" }),
    new AwsError("aws-refused", "x"),
  ].map((error) => renderError(error, 0).exitStatus);
  expect(statuses).toEqual([3, 4, 5]);
});

test("what a server said cannot move the cursor, change colours or pass for a line of ours", () => {
  const { text } = renderError(new UsageError("it said \u001b[2J\u009b\r\u202eX\naws-runas: all is well"), 0);
  expect(text).toBe("aws-runas: it said \\u{1b}[2J\\u{9b}\\u{d}\\u{202e}X\n  aws-runas: all is well\n");
});

test("a hint of several lines stays readable", () => {
  expect(renderError(new UsageError("x", { hint: "trust policy:\n{\n\t}" }), 0).text).toBe(
    "aws-runas: x\nhint: trust policy:\n  {\n  \t}\n",
  );
});

test("anything else is a bug of ours: status 70 and one plain line", () => {
  const { text, exitStatus } = renderError(new TypeError("x is not a function"), 0);
  expect(exitStatus).toBe(70);
  expect(text).toMatch(/^aws-runas: something unexpected went wrong: x is not a function\nhint: [^\n]+\n$/);
  expect(renderError("thrown text", 0).exitStatus).toBe(70);
});

test("causes and stacks are shown at -vv only", () => {
  const error = new ConfigError("config-value", "outer", { cause: new Error("inner\u001b", { cause: "innermost" }) });
  expect(renderError(error, 1).text).toBe("aws-runas: outer\n");
  const { text } = renderError(error, 2);
  expect(text).toContain("code: config-value");
  expect(text).toContain("caused by: Error: inner\\u{1b}");
  expect(text).toContain("caused by: innermost");
  expect(text).toContain("render-error.test.ts");
});

test("a cause that leads back to itself ends", () => {
  const error = new Error("round");
  error.cause = error;
  expect(renderError(error, 2).text.match(/caused by/g)).toHaveLength(1);
});
