/** Preloaded with `node --require`: at the end, names on stderr each file that was loaded, a line each. */

process.on("exit", () => {
  for (const file of Object.keys(require.cache)) process.stderr.write(`${file}\n`);
});
