// A program of a user's: AWS's SDK for JavaScript, with credentials and region wherever it finds them by itself.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

try {
  console.log((await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn);
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
