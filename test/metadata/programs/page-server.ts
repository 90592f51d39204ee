/** Serves the page with the API of page-api.ts until stdin ends; prints where, and the token, as JSON. */

import { startPageApi } from "./page-api.ts";

async function main(): Promise<void> {
  const { listener, token } = await startPageApi();
  console.log(JSON.stringify({ authority: listener.authority, token }));
  // The server does not keep the program alive.
  const keepAlive = setInterval(() => {}, 60_000);
  process.stdin.resume().once("end", () => {
    clearInterval(keepAlive);
    void listener.close();
  });
}

void main();
