/** The console's address in each partition. */

import { expect, test } from "vitest";
import { consoleUrl } from "../../src/aws/console.ts";
import { Secret } from "../../src/secret.ts";
import type { HttpRequest, HttpResponse } from "../../src/world.ts";

const credentials = {
  accessKeyId: "ASIA1",
  secretAccessKey: new Secret("secret"),
  sessionToken: new Secret("token"),
  sessionSeconds: undefined,
};

/** Sign-in and console, without a region and with one. */
test.each([
  ["aws", "signin.aws.amazon.com", "console.aws.amazon.com", "eu-west-1", ""],
  ["aws-cn", "signin.amazonaws.cn", "console.amazonaws.cn", "cn-northwest-1", ""],
  ["aws-us-gov", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com", "us-gov-east-1", ""],
  ["aws-eusc", "signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu", "eusc-de-east-1", "eusc-de-east-1."],
  ["aws-iso", "signin.c2shome.ic.gov", "console.c2shome.ic.gov", "us-iso-west-1", "us-iso-east-1."],
  ["aws-iso-b", "signin.sc2shome.sgov.gov", "console.sc2shome.sgov.gov", "us-isob-east-1", "us-isob-east-1."],
  ["aws-iso-e", "signin.csphome.adc-e.uk", "console.csphome.adc-e.uk", "eu-isoe-west-1", "eu-isoe-west-1."],
  ["aws-iso-f", "signin.csphome.hci.ic.gov", "console.csphome.hci.ic.gov", "us-isof-east-1", "us-isof-south-1."],
])("%s is signed in to at %s", async (partition, signIn, console, region, home) => {
  const asked: string[] = [];
  const http = async ({ url }: HttpRequest): Promise<HttpResponse> => {
    asked.push(url.host);
    return { status: 200, body: '{"SigninToken":"t"}', url, headers: {} };
  };
  const request = { partition, service: "s3", endpoint: undefined, credentials };
  const urls = [await consoleUrl({ ...request, region: undefined }, http), await consoleUrl({ ...request, region }, http)];
  const regional = home === "" ? "" : `${region}.`;
  expect(asked).toEqual([home + signIn, regional + signIn]);
  expect(urls.map((url) => url.host)).toEqual(asked);
  expect(urls.map((url) => url.searchParams.get("Destination"))).toEqual([
    `https://${console}/s3/home`,
    `https://${region}.${console}/s3/home?region=${region}`,
  ]);
});
