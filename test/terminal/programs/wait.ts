/** Waits for a second on the terminal, for something that takes many words to say. */

import { createTerminal } from "../../../src/terminal/terminal.ts";

const stop = createTerminal(process.platform).showWait("waiting for the login at a-provider-with-a-long-name.example.com");
setTimeout(() => {
  stop();
  process.stderr.write("over\n");
}, 1_000);
