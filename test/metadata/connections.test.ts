/** What a server under Node does with more connections than it keeps; test/binary/serve-ecs.test.ts has both programs. */

import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Answer, listen } from "../../src/metadata/listen.ts";

const OK = { status: 200, headers: {}, body: "done" };

async function startServer(answer: () => Answer): Promise<number> {
  const server = await listen(answer);
  onTestFinished(() => server.close());
  return Number(server.authority.split(":")[1]);
}

async function opened(port: number, first = ""): Promise<Socket & { text: string }> {
  const socket = Object.assign(connect(port, "127.0.0.1"), { text: "" });
  onTestFinished(() => void socket.destroy());
  socket.setEncoding("utf8").on("data", (text: string) => (socket.text += text));
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  if (first !== "") socket.write(first);
  return socket;
}

const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/** One after the other: of more at once than wait to be taken, some would be tried again a second later. */
async function crowd(port: number, first?: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < 600) sockets.push(await opened(port, first));
  return sockets;
}

/** A busy machine takes its time. */
const SOON = { timeout: 10_000 };

describe("of more than 512 connections", () => {
  test.each([
    ["say nothing", undefined],
    ["are in the middle of a request", "GET / HTTP/1.1\r\nX: "],
    ["had an answer", REQUEST],
  ])("that %s the oldest are cut off, and others are answered", async (_, first) => {
    const port = await startServer(() => OK);
    const sockets = await crowd(port, first);
    await expect.poll(() => sockets.filter(({ closed }) => closed).length, SOON).toBe(600 - 512);
    const asking = await opened(port, REQUEST);
    await expect.poll(() => asking.text, SOON).toContain("200 OK");
  });

  test("one that waits for an answer is kept until it has it", async () => {
    let finish = (): void => {};
    const port = await startServer(() => new Promise((resolve) => (finish = () => resolve(OK))));
    const waiting = await opened(port, REQUEST);
    const asked = finish;
    await expect.poll(() => finish, SOON).not.toBe(asked);
    await crowd(port);
    expect(waiting.closed).toBe(false);
    finish();
    await expect.poll(() => waiting.text, SOON).toContain("done");
    await crowd(port);
    await expect.poll(() => waiting.closed, SOON).toBe(true);
  });
});

test("a client that does not read its answer is cut off", async () => {
  const port = await startServer(() => ({ ...OK, body: "x".repeat(50_000_000) }));
  const socket = await opened(port);
  let isClosed = false;
  socket.pause().once("close", () => (isClosed = true));
  socket.write(REQUEST);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(isClosed).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 24_000));
  socket.resume(); // what was sent before is there yet
  await expect.poll(() => socket.closed, SOON).toBe(true);
  expect(socket.text.length).toBeLessThan(50_000_000);
}, 40_000);
