/**
 * Where browsers post SAML responses for AWS, in every partition.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 * @see https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html for China
 */

const HOSTS = [
  "signin.aws.amazon.com",
  "signin.amazonaws.cn",
  "signin.amazonaws-us-gov.com",
  "signin.aws-us-gov.amazonaws.com",
  "signin.aws.eu",
];

/** The same as URL patterns of the DevTools protocol, where * is any text: they may match more, never less. */
export const AWS_SIGN_IN_PATTERNS: readonly string[] = HOSTS.flatMap((host) => [`https://${host}*/saml*`, `https://*.${host}*/saml*`]);

/** True for the sign-in of a partition or of one of its regions: "us-west-2.signin.aws.amazon.com". */
export function isAwsSignIn({ protocol, hostname, pathname }: URL): boolean {
  const isHost = HOSTS.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  return protocol === "https:" && isHost && /^\/saml(\/|$)/.test(pathname);
}
