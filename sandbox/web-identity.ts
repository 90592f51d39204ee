/**
 * What STS makes of an id token: which registered provider signed it, for whom, and that it still holds.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */

import * as jose from "jose";

import { type Facts, type Iam, issuerHost, type OidcProvider, oidcProviderArn, type RoleName } from "./iam.ts";
import { Refusal } from "./sts-answers.ts";

export interface WebIdentity {
  readonly providerArn: string;
  readonly subject: string;
  readonly audience: string;
  /** What a trust policy's conditions can ask about. */
  readonly facts: Facts;
}

interface Context {
  readonly iam: Iam;
  /** Of the role that is asked for: its account is where the provider must be registered. */
  readonly name: RoleName;
  readonly nowMs: number;
}

/** @throws Refusal InvalidIdentityToken, ExpiredTokenException */
export async function verifyIdToken(jwt: string, { iam, name, nowMs }: Context): Promise<WebIdentity> {
  const issuer = issuerOf(jwt);
  const provider = iam.oidcProviders.find(
    (candidate) => candidate.issuer === issuer && candidate.account === name.account && candidate.partition === name.partition,
  );
  if (provider === undefined) throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`);
  const { sub = "", aud = [] } = await verify(jwt, provider, nowMs);
  const audience = [aud].flat().find((candidate) => provider.audiences.includes(candidate));
  if (audience === undefined) throw invalidToken("Incorrect token audience");
  const host = issuerHost(issuer);
  return {
    providerArn: oidcProviderArn(provider),
    subject: sub,
    audience,
    facts: { [`${host}:sub`]: [sub], [`${host}:aud`]: [audience] },
  };
}

function issuerOf(jwt: string): string {
  try {
    return jose.decodeJwt(jwt).iss ?? "";
  } catch {
    throw invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
  }
}

async function verify(jwt: string, provider: OidcProvider, nowMs: number): Promise<jose.JWTPayload> {
  const algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
  const requirements = { algorithms, requiredClaims: ["sub", "aud", "exp", "iat"], currentDate: new Date(nowMs) };
  try {
    return (await jose.jwtVerify(jwt, jose.createLocalJWKSet(provider.keys), requirements)).payload;
  } catch (error) {
    if (error instanceof jose.errors.JWTExpired) {
      const times = [Math.floor(nowMs / 1000), error.payload.exp];
      const text = `Token expired: current date/time ${times[0]} must be before the expiration date/time ${times[1]}`;
      throw new Refusal("ExpiredTokenException", text);
    }
    if (!(error instanceof jose.errors.JOSEError)) throw error;
    const advice = "Get a new identity token from the identity provider and then retry the request.";
    throw invalidToken(`The web identity token that was passed could not be validated by AWS. ${advice}`);
  }
}

function invalidToken(message: string): Refusal {
  return new Refusal("InvalidIdentityToken", message);
}
