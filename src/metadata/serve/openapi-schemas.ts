/** What goes over the wire of the management API, as JSON Schema: nothing that is not named here is in an answer. */

export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly oneOf?: readonly Schema[];
}

const TEXT = { type: "string" } as const;
const TEXT_OR_NULL = { type: ["string", "null"] } as const;
const KIND_OR_NULL = { ...TEXT_OR_NULL, description: "oidc, saml, token or iam; null for one that cannot be used" } as const;
const TIME = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$" } as const;
const TIME_OR_NULL = { ...TIME, type: ["string", "null"] } as const;
const ID = { ...TEXT, description: "of one question; an answer that names it is none to another" } as const;
const FIELDS = {
  "adv-type": { type: "string", enum: ["iam", "saml", "oidc"] },
  "role-arn": TEXT,
  "source-profile": { ...TEXT, description: "iam" },
  "external-id": { ...TEXT, description: "iam" },
  "auth-url": { ...TEXT, description: "saml, oidc" },
  username: { ...TEXT, description: "saml, oidc" },
  password: { ...TEXT, description: "saml, oidc" },
  "jump-role": { ...TEXT, description: "saml, oidc" },
  "client-id": { ...TEXT, description: "oidc" },
  "redirect-uri": { ...TEXT, description: "oidc" },
} as const;

export const schemas = {
  Error: object({ code: TEXT, message: TEXT, hint: { ...TEXT, description: "what to do about it" } }, ["hint"]),
  Names: { type: "array", items: TEXT },
  Profile: object(
    {
      name: TEXT,
      kind: { type: "string", enum: ["oidc", "saml", "token", "iam"] },
      role_arn: TEXT,
      external_id: TEXT,
      auth_url: { ...TEXT, description: "without its query" },
      username: TEXT,
      jump_role: TEXT,
      client_id: TEXT,
      redirect_uri: TEXT,
      source_profile: TEXT,
    },
    ["source_profile"],
  ),
  ProfileRows: {
    type: "array",
    items: object({
      name: TEXT,
      kind: KIND_OR_NULL,
      source: TEXT_OR_NULL,
      account: TEXT_OR_NULL,
      role: TEXT_OR_NULL,
      cached: { type: "boolean" },
      expiresAt: TIME_OR_NULL,
      problem: TEXT_OR_NULL,
    }),
  },
  AuthNeeded: object({ username: TEXT, question: ID }),
  CodeNeeded: object({ question: ID }),
  Question: object(
    {
      id: ID,
      kind: { type: "string", enum: ["credentials", "secret", "text", "choice"] },
      message: TEXT,
      username: { ...TEXT, description: "with credentials: the one that is known" },
      options: { type: "array", items: TEXT, description: "with choice" },
      isCode: { type: "boolean", description: "true for a one-time code" },
    },
    ["username", "options", "isCode"],
  ),
  Login: object({
    profile: TEXT,
    question: orNull("Question"),
    wait: { oneOf: [object({ message: TEXT, number: TEXT_OR_NULL }), { type: "null" }] },
    qr: { ...TEXT_OR_NULL, description: "the text of a QR code" },
    said: { type: "array", items: TEXT },
  }),
  State: object({
    active: { oneOf: [active(), { type: "null" }] },
    login: orNull("Login"),
    problem: orNull("Error"),
    requests: {
      type: "array",
      maxItems: 50,
      items: object({ at: TIME, method: TEXT, path: TEXT, status: { type: "integer" }, client: TEXT }),
    },
  }),
  Session: object({ token: { ...TEXT, description: "for all of this API; not for /credentials" } }),
  QrCode: object({
    size: { type: "integer", description: "modules of a side, with the quiet zone" },
    path: { ...TEXT, description: "the dark ones, as the path of an SVG drawing of that size" },
  }),
  Cancelled: object({ cancelled: { type: "boolean" } }),
  OpenApi: { type: "object", required: ["openapi", "info", "paths", "components"] },
  CredentialsForm: object({ username: TEXT, password: TEXT, question: ID }, ["username", "question"]),
  CodeForm: object({ mfa: TEXT, question: ID }, ["question"]),
  Answer: { oneOf: [object({ question: ID, answer: TEXT }), object({ question: ID, choice: { type: "integer" } })] },
  CustomForm: object(
    FIELDS,
    Object.keys(FIELDS).filter((name) => name !== "adv-type"),
  ),
  SavedForm: object(
    { "profile-name": TEXT, ...FIELDS },
    Object.keys(FIELDS).filter((name) => name !== "adv-type"),
  ),
} as const satisfies Readonly<Record<string, Schema>>;

function active(): Schema {
  return object({
    name: TEXT,
    kind: KIND_OR_NULL,
    account: TEXT_OR_NULL,
    role: TEXT_OR_NULL,
    arn: { ...TEXT_OR_NULL, description: "of the role's session" },
    user: { ...TEXT_OR_NULL, description: "the role's session name" },
    region: TEXT_OR_NULL,
    issuedAt: TIME_OR_NULL,
    expiresAt: TIME_OR_NULL,
    now: { ...TIME, description: "by the server's clock" },
  });
}

/** Each property is there, but those that are `optional`; and no other. */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

function orNull(schema: string): Schema {
  return { oneOf: [{ $ref: `#/components/schemas/${schema}` }, { type: "null" }] };
}
