// Asks for its AWS credentials at once and again after so many seconds; prints the two keys and how long the second one is good for.

const [seconds] = process.argv.slice(2).map(Number);
const ask = async () => {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
  return (await fetch(url, { headers: { authorization } })).json();
};
const first = await ask();
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const second = await ask();
const secondsLeft = (Date.parse(second.Expiration) - Date.now()) / 1000;
console.log(JSON.stringify({ keys: [first.AccessKeyId, second.AccessKeyId], secondsLeft }));
