/**
 * Asks an HTTP server on loopback as fast as it answers, over kept connections, one request at a time on each. It counts bytes instead of reading
 * answers, so that the server is what is measured: every answer must be as long as the first.
 */

import { connect, type Socket } from "node:net";

export interface Target {
  readonly port: number;
  /** The request as it goes over the wire, blank line included. */
  readonly request: string;
}

export interface Measured {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

export async function load(target: Target, connections: number, durationMs: number): Promise<Measured> {
  const answerBytes = await lengthOfAnswer(target);
  const times: number[] = [];
  const end = performance.now() + durationMs;
  const begin = performance.now();
  await Promise.all(Array.from({ length: connections }, () => askUntil(end, target, { answerBytes, times })));
  const seconds = (performance.now() - begin) / 1000;
  times.sort((one, other) => one - other);
  return { requestsPerSecond: times.length / seconds, p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

/** Sum of the parts of one answer, which must be 200. */
async function lengthOfAnswer({ port, request }: Target): Promise<number> {
  const text = await new Promise<string>((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request)).once("error", reject);
    socket.setEncoding("latin1").on("data", (part: string) => {
      received += part;
      const length = /\r\ncontent-length: (\d+)(?:\r\n[^\r]+)*\r\n\r\n/i.exec(received);
      if (length === null || received.length < length.index + length[0].length + Number(length[1])) return;
      socket.destroy();
      resolve(received);
    });
  });
  if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(`not the answer to measure: ${text}`);
  return text.length;
}

interface Count {
  readonly answerBytes: number;
  readonly times: number[];
}

function askUntil(end: number, { port, request }: Target, { answerBytes, times }: Count): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    let missing = answerBytes;
    const ask = (socket: Socket): void => {
      asked = performance.now();
      missing = answerBytes;
      socket.write(request);
    };
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => ask(socket));
    socket.once("error", reject).once("close", () => (performance.now() < end ? reject(new Error("hung up")) : resolve()));
    socket.on("data", (bytes) => {
      missing -= bytes.length;
      if (missing > 0) return;
      const now = performance.now();
      times.push(now - asked);
      if (missing < 0) reject(new Error("an answer is longer than the first"));
      else if (now < end) ask(socket);
      else socket.destroy();
    });
  });
}
