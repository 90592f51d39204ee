import { describe, expect, it } from "vitest";
import { AwsError } from "../../src/errors.ts";
import { failureFor, readableReason, reasonText } from "../../src/metadata/answers.ts";

const refused = (hint: string) => readableReason(new AwsError("aws-refused", "STS refuses it (AccessDenied)", { hint }));

describe("what an SDK is told of a failure", () => {
  it("has what to do in brackets", () => {
    const { status, body } = failureFor(refused("ask for less"));
    expect({ status, body: JSON.parse(String(body)) as unknown }).toEqual({
      status: 403,
      body: { code: "aws-refused", message: "STS refuses it (AccessDenied) (ask for less)" },
    });
  });

  it("held a whole trust policy, which the terminal alone has room for", () => {
    const reason = refused("the role must trust:\n{\n}");
    expect(JSON.parse(String(failureFor(reason).body))).toEqual({ code: "aws-refused", message: "STS refuses it (AccessDenied)" });
    expect(reasonText(reason)).toContain("(the role must trust:\n{\n})");
  });
});
