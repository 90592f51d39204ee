/** Web pages of another origin in real Chromium that ask `serve ecs` by fetch, image, frame and form: nothing is answered but refusals. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts } from "../binary/artefacts.ts";
import { type Serving, startServing } from "../binary/serve-client.ts";
import { type Stage, setStage } from "../binary/stage.ts";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let serving: Serving;
  let browser: Browser;
  const evil = createServer((_, response) => response.setHeader("content-type", "text/html").end("<p>evil"));
  beforeAll(async () => {
    stage = await setStage();
    serving = await startServing(artefact, ["developer"], stage.asAlice);
    await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
    const args = ["--no-sandbox", `--host-resolver-rules=MAP rebound.example 127.0.0.1`];
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  });
  afterAll(async () => {
    await browser.close();
    evil.close();
    await serving.end();
    await stage.close();
  });

  test("a page of another origin reads nothing, by whatever way it asks, even with the token", async () => {
    const page = await browser.newPage();
    const statuses: number[] = [];
    page.on("response", (response) => response.url().includes("/credentials") && statuses.push(response.status()));
    await page.goto(`http://localhost:${(evil.address() as AddressInfo).port}/`);
    const read = await page.evaluate(
      async ([url, token]) => {
        const ways = [{}, { mode: "no-cors" as const }, { headers: { authorization: token } }, { method: "POST", body: "x" }];
        const texts = await Promise.all(
          ways.map((way) =>
            fetch(url, way)
              .then((response) => response.text())
              .catch(() => ""),
          ),
        );
        const image = new Image();
        const seen = new Promise((resolve) => {
          for (const end of ["load", "error"]) image.addEventListener(end, resolve);
        });
        image.src = url;
        await seen;
        return texts.join("");
      },
      [`http://${serving.host}/credentials`, serving.token ?? ""] as const,
    );
    expect(read).toBe("");
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true);
  });

  test("a form that is posted there gets a refusal as its page", async () => {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(evil.address() as AddressInfo).port}/`);
    await page.setContent(`<form method="post" action="http://${serving.host}/credentials"><button>go</button></form>`);
    const [answer] = await Promise.all([page.waitForResponse(/credentials/), page.click("button")]);
    expect(answer.status()).toBe(403);
  });

  test("a name that was rebound to 127.0.0.1 gets a refusal, though page and server are of one origin", async () => {
    const page = await browser.newPage();
    await page.goto(`http://rebound.example:${serving.port}/`);
    const status = await page.evaluate(
      async (token) => (await fetch("/credentials", { headers: { authorization: token } })).status,
      serving.token ?? "",
    );
    expect(status).toBe(403);
  });
});
