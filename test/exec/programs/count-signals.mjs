// Says which signals reach it, and ends a moment after `got SIGINT`, so that a second one would be seen.
const counts = new Map();
for (const signal of ["SIGINT", "SIGQUIT", "SIGCONT"]) {
  process.on(signal, () => {
    counts.set(signal, (counts.get(signal) ?? 0) + 1);
    console.log(`got ${signal} ${counts.get(signal)}`);
    if (signal === "SIGINT") setTimeout(() => process.exit(5), 300);
  });
}
console.log("ready");
setInterval(() => {}, 1000);
