/**
 * Makes a realm of OpenAM a SAML identity provider for AWS: the provider itself, AWS as an application, and the circle of trust that both are in.
 *
 * The roles that a user may take stand in the user's `iplanet-am-user-alias-list`, an attribute of several values that nothing else uses here.
 *
 * @see https://doc.openidentityplatform.org/openam/admin-guide/chap-federation for what these documents say
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

type Json = Record<string, unknown>;
type Call = (method: string, path: string, body?: Json, accepted?: readonly number[]) => Promise<Json>;

export interface AwsOffer {
  /** "corp", "corp/staff"; "" is the top one. */
  readonly realm: string;
  /** What the provider's metaAlias ends in. */
  readonly name: string;
}

export const rolesAttribute = "iplanet-am-user-alias-list";
const AWS = "urn:amazon:webservices";
const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";
const SAML = "urn:oasis:names:tc:SAML:2.0";
const UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

/** `folder` is the server's own, `url` where it is. */
export async function offerAws({ realm, name }: AwsOffer, url: string, folder: string, call: Call): Promise<void> {
  const path = realm === "" ? "" : `/${realm}`;
  const federation = `/realms/root${path.replaceAll("/", "/realms/")}/realm-config/federation`;
  const issuer = `${url}${path}`;
  const circle = { status: "Active", description: "", trustedProviders: [] };
  await call("POST", `${federation}/circlesoftrust?_action=create`, { _id: "aws", ...circle });
  const entities = { [issuer]: providerOf(issuer, url, `${path}/${name}`, certificateIn(folder)), [AWS]: application() };
  for (const [_id, entity] of Object.entries(entities)) {
    await call("POST", `${federation}/entityproviders/saml2?_action=create`, { _id, ...entity });
  }
  const trustedProviders = Object.keys(entities).map((id) => `${id}|saml2`);
  await call("PUT", `${federation}/circlesoftrust/aws`, { ...circle, trustedProviders });
}

/** Of the key that OpenAM comes with. */
function certificateIn(folder: string): string {
  const config = join(folder, "config/openam");
  const storepass = readFileSync(join(config, ".storepass"), "utf8");
  const store = ["-keystore", join(config, "keystore.jceks"), "-storetype", "JCEKS", "-storepass", storepass];
  const pem = execFileSync("keytool", ["-exportcert", "-rfc", "-alias", "test", ...store], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return pem.replaceAll(/-----.*-----|\s/g, "");
}

function providerOf(issuer: string, url: string, metaAlias: string, certificate: string): Json {
  const bindings = { "HTTP-Redirect": "SSORedirect", "HTTP-POST": "SSOPOST" };
  const services = Object.entries(bindings).map(
    ([binding, path]) => `<SingleSignOnService Binding="${SAML}:bindings:${binding}" Location="${url}/${path}/metaAlias${metaAlias}"/>`,
  );
  const plugin = (kind: string) => `com.sun.identity.saml2.plugins.DefaultIDP${kind}`;
  const settings = {
    signingCertAlias: ["test"],
    cotlist: ["aws"],
    nameIDFormatMap: [`${UNSPECIFIED}=uid`],
    attributeMap: [`${ATTRIBUTES}Role=${rolesAttribute}`, `${ATTRIBUTES}RoleSessionName=uid`, `${ATTRIBUTES}SessionDuration="7200"`],
    idpAccountMapper: [plugin("AccountMapper")],
    idpAttributeMapper: [plugin("AttributeMapper")],
    idpAuthncontextMapper: [plugin("AuthnContextMapper")],
    idpAuthncontextClassrefMapping: [`${SAML}:ac:classes:PasswordProtectedTransport|0||default`],
    idpECPSessionMapper: [plugin("ECPSessionMapper")],
  };
  return {
    metadata: `${HEAD}<EntityDescriptor entityID="${issuer}" xmlns="${SAML}:metadata"><IDPSSODescriptor WantAuthnRequestsSigned="false"
      protocolSupportEnumeration="${SAML}:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
      <X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><NameIDFormat>${UNSPECIFIED}</NameIDFormat>
      ${services.join("")}</IDPSSODescriptor></EntityDescriptor>`,
    entityConfig: configOf(issuer, "IDPSSOConfig", ` metaAlias="${metaAlias}"`, settings),
  };
}

function application(): Json {
  return {
    metadata: `${HEAD}<EntityDescriptor entityID="${AWS}" xmlns="${SAML}:metadata"><SPSSODescriptor AuthnRequestsSigned="false"
      WantAssertionsSigned="true" protocolSupportEnumeration="${SAML}:protocol"><NameIDFormat>${UNSPECIFIED}</NameIDFormat>
      <AssertionConsumerService index="1" isDefault="true" Binding="${SAML}:bindings:HTTP-POST" Location="https://signin.aws.amazon.com/saml"/>
      </SPSSODescriptor></EntityDescriptor>`,
    entityConfig: configOf(AWS, "SPSSOConfig", "", { cotlist: ["aws"] }),
  };
}

/** OpenAM's own settings; an entity with a metaAlias is on this server. */
function configOf(id: string, element: string, more: string, settings: Readonly<Record<string, readonly string[]>>): string {
  const attributes = Object.entries(settings).map(([name, values]) => {
    const texts = values.map((value) => `<Value>${value.replaceAll('"', "&quot;")}</Value>`);
    return `<Attribute name="${name}">${texts.join("")}</Attribute>`;
  });
  return `${HEAD}<EntityConfig entityID="${id}" hosted="${more === "" ? 0 : 1}" xmlns="urn:sun:fm:SAML:2.0:entityconfig"><${element}${more}>
    ${attributes.join("")}</${element}></EntityConfig>`;
}
