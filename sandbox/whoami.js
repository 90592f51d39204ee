/** What `npm start` wraps: asks STS who it is, with whatever credentials the AWS SDK finds, and prints the ARN. */

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

// Else the SDK advises a newer Node on stderr.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
console.log(`I am ${Arn}`);
