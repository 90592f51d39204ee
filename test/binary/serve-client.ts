/** A server of the built programs, and clients that say what no HTTP library lets them say. */

import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { type Artefact, start } from "./artefacts.ts";

export interface Serving {
  readonly child: ChildProcess;
  readonly port: number;
  readonly host: string;
  /** Undefined where it is in a file. */
  readonly token: string | undefined;
  /** What it has said on stderr. */
  complaints(): string;
  /** The exit status, after this signal. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export function startServing(artefact: Artefact, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Serving> {
  const child = start(artefact, ["serve", "ecs", "-p", "0", ...args], { env });
  let [stdout, stderr] = ["", ""];
  const status = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stderr?.on("data", (part: Buffer) => (stderr += part.toString()));
  return new Promise((resolve, reject) => {
    void status.then((code) => reject(new Error(`it ended with ${code}: ${stderr}`)));
    child.stdout?.on("data", (part: Buffer) => {
      stdout += part.toString();
      const found = /FULL_URI='http:\/\/(.*?:(\d+))\/credentials'\nexport .*_TOKEN(?:_FILE)?='(.*)'\n/.exec(stdout);
      if (found === null) return;
      const [, host = "", port, token] = found;
      const end = async (signal: NodeJS.Signals = "SIGTERM") => {
        child.kill(signal);
        return status;
      };
      resolve({ child, host, port: Number(port), token: stdout.includes("_FILE=") ? undefined : token, complaints: () => stderr, end });
    });
  });
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Sends these bytes and reads until the server hangs up, or is silent for a while. */
export function sendRaw(port: number, bytes: string): Promise<Reply> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    const finish = (): void => {
      socket.destroy();
      const [head = "", ...body] = text.split("\r\n\r\n");
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), body: body.join("\r\n\r\n") });
    };
    socket.setTimeout(2_000, finish);
    socket
      .on("data", (part) => (text += part.toString("latin1")))
      .on("error", finish)
      .on("close", finish);
  });
}

/** One request in full, with this server's Host and token unless told; the connection is closed after it. */
export function ask(
  { port, host, token }: Pick<Serving, "port" | "host" | "token">,
  request: { method?: string; target?: string; headers?: Readonly<Record<string, string | undefined>>; body?: string } = {},
): Promise<Reply> {
  const { method = "GET", target = "/credentials", headers, body = "" } = request;
  const all = { Host: host, Authorization: token, Connection: "close", ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return sendRaw(port, `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}
