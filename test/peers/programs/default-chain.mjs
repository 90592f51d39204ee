/** Prints the key that the SDK for JavaScript finds by itself. */
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";

const { accessKeyId } = await fromNodeProviderChain()();
console.log(accessKeyId);
