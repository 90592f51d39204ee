/** The debugging pipe, piece by piece: bytes to messages, messages to calls and events, and the pages that are watched. */

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { connect } from "../../src/login/devtools/connection.ts";
import { encodeMessage, Messages } from "../../src/login/devtools/messages.ts";
import { Pages } from "../../src/login/devtools/pages.ts";
import { browserArguments, startBrowser } from "../../src/login/devtools/start.ts";
import type { BrowserEnd, DrivenBrowser } from "../../src/world.ts";

type Message = Record<string, unknown>;

/** A browser that does what the test says, in memory. */
function browserOf(answer: (message: Message, tell: (message: Message) => void) => void = () => {}) {
  let listener = (_bytes: Uint8Array): void => {};
  let end = (_end: BrowserEnd): void => {};
  const asked: Message[] = [];
  const tell = (message: Message) => listener(Buffer.from(encodeMessage(message)));
  const driven: DrivenBrowser = {
    write: (text) => {
      const message = JSON.parse(text.slice(0, -1)) as Message;
      asked.push(message);
      answer(message, tell);
    },
    onOutput: (wanted) => void (listener = wanted),
    ended: new Promise((resolve) => (end = resolve)),
    kill: () => end({ status: 137, complaint: "" }),
  };
  return { driven, asked, tell, send: (bytes: Uint8Array) => listener(bytes), end: (last: BrowserEnd) => end(last) };
}

describe("messages", () => {
  it("come whole, however the pipe cuts them, in the middle of a letter too", () => {
    const bytes = Buffer.from(encodeMessage({ id: 1, result: { user: "Zoë 🦊" } }) + encodeMessage({ id: 2 }));
    for (let size = 1; size <= bytes.length; size += 1) {
      const messages = new Messages();
      const found = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        messages.push(bytes.subarray(at * size, (at + 1) * size)),
      );
      expect(found.flat()).toEqual([{ id: 1, result: { user: "Zoë 🦊" } }, { id: 2 }]);
    }
  });

  it("that are no JSON objects are passed over", () => {
    expect(new Messages().push(Buffer.from(`nonsense\0[1]\0\0{"id":3}\0`))).toEqual([{ id: 3 }]);
  });

  it("that are none, by the thousand, end it: they kept us busy past every limit", () => {
    const messages = new Messages();
    for (let count = 0; count < 1_000; count += 1) messages.push(Buffer.from("\0"));
    expect(() => messages.push(new Uint8Array(65_536))).toThrow("no messages");
  });

  it("without an end are too much at some point", () => {
    const messages = new Messages();
    const part = new Uint8Array(16 * 1024 * 1024).fill(65);
    for (let count = 0; count < 4; count += 1) messages.push(part);
    expect(() => messages.push(part)).toThrow("without an end");
  });
});

describe("calls", () => {
  it("get their own answers, in whatever order these come", async () => {
    const { driven, asked, tell } = browserOf();
    const connection = connect(driven);
    const [first, second] = [connection.call("A.one", { x: 1 }), connection.call("B.two", {}, "session-1")];
    expect(asked).toEqual([
      { id: 1, method: "A.one", params: { x: 1 } },
      { id: 2, method: "B.two", params: {}, sessionId: "session-1" },
    ]);
    tell({ id: 2, sessionId: "session-1", result: { is: "second" } });
    tell({ id: 99, result: { is: "nobody's" } });
    tell({ id: 1, result: { is: "first" } });
    expect(await Promise.all([first, second])).toEqual([{ is: "first" }, { is: "second" }]);
  });

  it("that are refused say why, without control characters", async () => {
    const { driven, tell } = browserOf();
    const call = connect(driven).call("A.one");
    tell({ id: 1, error: { code: -32000, message: "no\u001b[2J such\nthing" } });
    await expect(call).rejects.toThrow("no\\u{1b}[2J such thing");
  });

  it("end with the browser", async () => {
    const { driven, end } = browserOf();
    const call = connect(driven).call("A.one");
    end({ status: 0, complaint: "" });
    await expect(call).rejects.toThrow("the browser has ended");
  });

  it("end, and the browser with them, where what comes has no end", async () => {
    const { driven, send } = browserOf();
    const call = connect(driven).call("A.one");
    const part = new Uint8Array(16 * 1024 * 1024).fill(65);
    for (let count = 0; count < 5; count += 1) send(part);
    await expect(call).rejects.toThrow("without an end");
    expect(await driven.ended).toMatchObject({ status: 137 });
  });

  it("are not events, which go to the listener with their session", () => {
    const { driven, tell } = browserOf();
    const events: unknown[] = [];
    connect(driven).onEvent((event) => events.push(event));
    tell({ method: "Fetch.requestPaused", params: { requestId: "r" }, sessionId: "s" });
    tell({ method: "Target.targetCreated" });
    expect(events).toEqual([
      { method: "Fetch.requestPaused", params: { requestId: "r" }, sessionId: "s" },
      { method: "Target.targetCreated", params: {}, sessionId: undefined },
    ]);
  });
});

describe("a browser's start", () => {
  it("gives it a pipe, a profile and a small window, and takes nothing from its safety", () => {
    const words = browserArguments("chrome", { folder: "/home/jo/.aws/aws-runas/browser/chrome-1", isPrivate: false });
    expect(words).toContain("--remote-debugging-pipe");
    expect(words).toContain("--user-data-dir=/home/jo/.aws/aws-runas/browser/chrome-1");
    expect(words.at(-1)).toBe("about:blank");
    expect(words.join(" ")).not.toMatch(/port|sandbox|web-security|certificate|site-isolation|incognito/);
  });

  it.each([
    ["chrome", "--incognito"],
    ["chromium", "--incognito"],
    ["msedge", "--inprivate"],
  ] as const)("of %s in private has %s", (name, word) => {
    expect(browserArguments(name, { folder: "/tmp/x", isPrivate: true })).toContain(word);
  });

  it("that the system refuses says so", async () => {
    const program = { name: "chrome", start: () => Promise.reject(new Error("spawn EACCES")) } as const;
    await expect(startBrowser(program, { folder: "/tmp/x", isPrivate: false }, "idp.example.com")).rejects.toMatchObject({
      code: "browser-unusable",
      message: "chrome does not start: spawn EACCES",
      provider: "idp.example.com",
    });
  });

  it("that hands over to one that runs already, or ends, says which", async () => {
    for (const [status, message] of [
      [0, "another chrome runs with the profile that is kept for this login, saying: Opening in existing browser session."],
      [21, "another chrome runs with the profile that is kept for this login, saying: Opening in existing browser session."],
      [1, "chrome does not start: it ended with status 1, saying: Opening in existing browser session."],
    ] as const) {
      const browser = browserOf();
      const starting = startBrowser({ name: "chrome", start: async () => browser.driven }, { folder: "/tmp/x", isPrivate: false }, "h");
      browser.end({ status, complaint: "Opening in existing browser session.\n" });
      await expect(starting).rejects.toMatchObject({ code: "browser-unusable", message });
    }
  });
});

describe("a browser that we end at its start", () => {
  const starting = (driven: DrivenBrowser) =>
    startBrowser({ name: "chrome", start: async () => driven }, { folder: "/tmp/x", isPrivate: false }, "h");

  it("is told by what it sent, not by the signal that we ended it with", async () => {
    const { driven, send } = browserOf((_message, _tell) => setImmediate(() => send(new Uint8Array(2_000))));
    await expect(starting(driven)).rejects.toMatchObject({ message: "chrome does not start: the browser sends what are no messages" });
  });

  it("is told by the answer that it does not give", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { driven } = browserOf();
    const outcome = starting(driven).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await outcome).toMatchObject({ message: "chrome does not start: no answer to Browser.getVersion" });
    expect(await driven.ended).toMatchObject({ status: 137 });
  });
});

describe("pages", () => {
  const attached = (sessionId: string, type = "page") => ({
    method: "Target.attachedToTarget",
    params: { sessionId, targetInfo: { targetId: `t-${sessionId}`, type }, waitingForDebugger: true },
  });
  const detached = (sessionId: string) => ({ method: "Target.detachedFromTarget", params: { sessionId } });

  async function watching(refused: (message: Message) => string | undefined = () => undefined) {
    const seen: string[] = [];
    const browser = browserOf((message, tell) => {
      const problem = refused(message);
      tell({ id: message["id"], ...(problem === undefined ? { result: {} } : { error: { code: -32000, message: problem } }) });
    });
    const connection = connect(browser.driven);
    const pages = new Pages(connection, {
      patterns: ["https://a/*"],
      onRequest: ({ sessionId }) => seen.push(`request of ${sessionId}`),
      onFirstPage: (page) => seen.push(`first ${page}`),
      onLastClosed: () => seen.push("closed"),
      onFailure: (error) => seen.push(`failure ${String(error)}`),
    });
    connection.onEvent((event) => pages.receive(event));
    await pages.watch();
    /** And what follows from it is done. */
    const tell = async (message: Message) => {
      browser.tell(message);
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    return { seen, tell, asked: browser.asked };
  }

  it("and all that they open wait until their requests are stopped", async () => {
    const { tell, asked } = await watching();
    await tell(attached("p"));
    expect(asked.map(({ method, sessionId }) => [sessionId, method])).toEqual([
      [undefined, "Target.setAutoAttach"],
      ["p", "Target.setAutoAttach"],
      ["p", "Fetch.enable"],
      ["p", "Runtime.runIfWaitingForDebugger"],
    ]);
    expect(asked[1]?.["params"]).toEqual({ autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
    expect(asked[2]?.["params"]).toEqual({ patterns: [{ urlPattern: "https://a/*", requestStage: "Request" }] });
  });

  it("are closed when the last one is; frames do not count", async () => {
    const { seen, tell } = await watching();
    for (const message of [attached("p"), attached("f", "iframe"), attached("q"), detached("p"), detached("f")]) await tell(message);
    expect(seen).toEqual(["first p"]);
    await tell(detached("q"));
    expect(seen).toEqual(["first p", "closed"]);
  });

  it("that cannot be watched are a failure, unless they are gone", async () => {
    const { seen, tell } = await watching(({ method, sessionId }) => {
      if (method !== "Fetch.enable") return undefined;
      return sessionId === "gone" ? "Session with given id not found." : "no such method";
    });
    await tell(attached("worker", "service_worker"));
    await tell(attached("gone", "iframe"));
    expect(seen).toEqual([]);
    await tell(attached("frame", "iframe"));
    expect(seen).toEqual(["failure Error: no such method"]);
  });

  it("hand on the requests that are stopped", async () => {
    const { seen, tell } = await watching();
    await tell({ method: "Fetch.requestPaused", sessionId: "p", params: { requestId: "r" } });
    expect(seen).toEqual(["request of p"]);
  });
});
