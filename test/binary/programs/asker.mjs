/** A wrapped command that asks its endpoint in good and bad ways, and prints the answers as JSON. */

import { request } from "node:http";

const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
const { hostname, port, pathname, host } = new URL(uri);

const ways = {
  "as told": {},
  "no token": { headers: { host } },
  "a wrong token": { headers: { host, authorization: "x".repeat(authorization.length) } },
  "the token and more": { headers: { host, authorization: `${authorization}x` } },
  "a foreign Host": { headers: { host: `rebound.example:${port}`, authorization } },
  "localhost as Host": { headers: { host: `localhost:${port}`, authorization } },
  "another path": { path: "/" },
  "a longer path": { path: `${pathname}/other-profile` },
  POST: { method: "POST" },
};

const answers = Object.entries(ways).map(async ([name, way]) => [name, await ask(way)]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(answers))));

function ask({ path = pathname, method = "GET", headers = { host, authorization } }) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers, agent: false }, (incoming) => {
      let body = "";
      incoming.on("data", (chunk) => (body += chunk));
      incoming.on("end", () => resolve({ status: incoming.statusCode, body }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
