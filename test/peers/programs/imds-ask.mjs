/** Asks the metadata service at its own address for a token and the role's credentials, from the local address given; prints both statuses. */

import { request as httpRequest } from "node:http";

const localAddress = process.argv[2];

function ask(method, path, headers) {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "169.254.169.254", localAddress, method, path, headers, timeout: 5_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode, body }));
    });
    request.once("error", reject).end();
  });
}

const token = await ask("PUT", "/latest/api/token", { "X-aws-ec2-metadata-token-ttl-seconds": "300" });
const headers = token.status === 200 ? { "X-aws-ec2-metadata-token": token.body } : {};
const role = await ask("GET", "/latest/meta-data/iam/security-credentials/developer", headers);
console.log(`${token.status} ${role.status}`);
