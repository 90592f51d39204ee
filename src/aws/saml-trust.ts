/**
 * The trust policy with which a role accepts a SAML provider's responses.
 *
 * Source: "Create a role for SAML 2.0 federation" in the IAM user guide; for SAML:aud, which is the response's Recipient and not its Audience,
 * "Available keys for SAML-based federation" there.
 */

export interface SamlTrust {
  /** "arn:aws:iam::123456789012:saml-provider/name". */
  readonly principalArn: string;
  /** Where responses are posted: "https://signin.aws.amazon.com/saml", "http://localhost:54321/saml/acs". */
  readonly recipient: string;
  /** The responses carry PrincipalTag attributes. */
  readonly hasTags: boolean;
  /** The responses carry a SourceIdentity. */
  readonly hasSourceIdentity: boolean;
}

/** Pretty-printed JSON that accepts whatever users this provider sends. */
export function samlTrustPolicy({ principalArn, recipient, hasTags, hasSourceIdentity }: SamlTrust): string {
  const actions = ["AssumeRoleWithSAML", ...(hasTags ? ["TagSession"] : []), ...(hasSourceIdentity ? ["SetSourceIdentity"] : [])];
  const names = actions.map((action) => `sts:${action}`);
  const statement = {
    Effect: "Allow",
    Principal: { Federated: principalArn },
    Action: names.length === 1 ? names[0] : names,
    Condition: recipientCondition(recipient),
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, undefined, 2);
}

/** A login that comes back to this machine has another port each time. */
function recipientCondition(recipient: string): object {
  const [, path] = /^http:\/\/localhost:\d+(\/[\w/-]*)$/.exec(recipient) ?? [];
  if (path !== undefined) return { StringLike: { "SAML:aud": `http://localhost:*${path}` } };
  return { StringEquals: { "SAML:aud": recipient.replaceAll("${", "${$}{") } };
}
