/** The least an HTTP server of this runtime can do, for `npm run bench:serve`: every request gets the same answer, which the environment holds. */

const headers = { "content-type": "application/json", "cache-control": "no-store" };
const body = process.env.BODY;

if (globalThis.Bun === undefined) {
  const length = Buffer.byteLength(body);
  const server = require("node:http").createServer((_, response) =>
    response.writeHead(200, { ...headers, "content-length": length }).end(body),
  );
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
} else {
  console.log(Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(body, { headers }) }).port);
}
