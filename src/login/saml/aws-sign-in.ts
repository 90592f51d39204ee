/**
 * Where browsers post SAML responses for AWS, in every partition.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/signin-service.html for the regions' hosts
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_relying-party.html for China in its own edition, and
 *   for `/saml/acs/ID`, where encrypted assertions go
 * @see the endpoint rules of AWS Sign-In in the SDKs (@aws-sdk/nested-clients, signin) for the other partitions
 */

const HOSTS = [
  "signin.aws.amazon.com",
  "signin.amazonaws.cn",
  "signin.amazonaws-us-gov.com",
  "signin-fips.amazonaws-us-gov.com",
  "signin.amazonaws-eusc.eu",
  "signin.c2shome.ic.gov",
  "signin.sc2shome.sgov.gov",
  "signin.csphome.adc-e.uk",
  "signin.csphome.hci.ic.gov",
];

/** The same as URL patterns of the DevTools protocol, where * is any text: they may match more, never less. */
export const AWS_SIGN_IN_PATTERNS: readonly string[] = HOSTS.flatMap((host) => [`https://${host}*/saml*`, `https://*.${host}*/saml*`]);

/** True for the sign-in of a partition or of one of its regions: "us-west-2.signin.aws.amazon.com". */
export function isAwsSignIn({ protocol, hostname, port, pathname }: URL): boolean {
  const isHost = HOSTS.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  return protocol === "https:" && port === "" && isHost && /^\/saml(\/|$)/.test(pathname);
}
