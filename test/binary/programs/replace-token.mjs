/** A command that outlives its credentials: shows whose they are, puts the token NEXT into FILE, and shows the first others that it gets. */

import { writeFileSync } from "node:fs";

const { AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization, FILE, NEXT } = process.env;

const first = await keyId();
console.log(first);
writeFileSync(FILE, NEXT);
let later = first;
for (const startedAt = Date.now(); later === first && Date.now() - startedAt < 10_000; later = await keyId()) {
  await new Promise((resolve) => setTimeout(resolve, 200));
}
console.log(later);

async function keyId() {
  const response = await fetch(endpoint, { headers: { authorization } });
  return (await response.json()).AccessKeyId;
}
