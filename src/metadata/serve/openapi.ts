/**
 * The management API as an OpenAPI 3.1 document, served at /openapi.json. A test holds it against the running server: every path, method,
 * status and schema in it is asked for and looked at.
 *
 * @see https://spec.openapis.org/oas/v3.1.0.html
 */

import { respond } from "../answers.ts";
import { managementRoute } from "./management-route.ts";
import { type Schema, schemas } from "./openapi-schemas.ts";
import type { Route } from "./server.ts";

export interface OpenApi {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: Readonly<Record<string, object>>; readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface ApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly required?: boolean; readonly schema: Schema }>>;
  readonly content: Content;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** Changes with what clients have to know, not with the program. */
const API_VERSION = "1.0.0";

const FOREIGN = "the request comes from another web page, through a proxy or under another name";

export function openapiRoutes(): readonly Route[] {
  return [managementRoute("/openapi.json", { GET: async () => respond(200, openapi) })];
}

export const openapi: OpenApi = {
  openapi: "3.1.0",
  info: {
    title: "aws-runas serve: management API",
    version: API_VERSION,
    description:
      "Which profiles there are, which is active, and logging in to one. No answer holds a password, a code or credentials: those are at /credentials.",
  },
  security: [{ token: [] }],
  paths: {
    "/list-profiles": { get: get("listProfiles", "names of the profiles without a role of their own, sorted", "Names") },
    "/list-roles": { get: get("listRoles", "names of the profiles with a role, sorted", "Names") },
    "/profiles": { get: get("listAll", "every profile, with what is known without asking anybody", "ProfileRows") },
    "/profile": {
      get: get("getProfile", "the active profile", "Profile", { "404": failed("no profile is active") }),
      post: begin("switchProfile", "make a profile the active one, once its credentials are there; one that fails leaves the one before", {
        body: text("a profile's name or a role's ARN, at most 2 KiB"),
        failures: { "404": failed("there is no such profile") },
      }),
    },
    "/profile/custom": {
      post: begin("tryProfile", "make settings that are not saved the active profile", { body: form("CustomForm") }),
      put: save(),
    },
    "/auth": { post: answer("giveCredentials", "answer with user name and password", form("CredentialsForm")) },
    "/mfa": { post: answer("giveCode", "answer with a one-time code", form("CodeForm")) },
    "/answer": { post: answer("giveAnswer", "answer any question but the one for user name and password", json("Answer")) },
    "/cancel": { post: get("cancelLogin", "end the login that waits; the active profile stays", "Cancelled") },
    "/refresh": {
      post: begin("refresh", "get new credentials for the active profile, dropping those that are kept", {
        failures: { "404": failed("no profile is active") },
      }),
    },
    "/state": { get: get("getState", "all that a page shows", "State") },
    "/session": { post: get("beginSession", "a token of the page's own, good for as long as it goes on asking", "Session") },
    "/qr": { post: { ...get("drawQrCode", "a text as a QR code", "QrCode", wrongBodies()), requestBody: text("at most 2 KiB") } },
    "/openapi.json": { get: get("getOpenApi", "this document", "OpenApi") },
  },
  components: {
    securitySchemes: {
      token: { type: "apiKey", in: "header", name: "Authorization", description: "the server's token as it is, without a scheme" },
    },
    schemas,
  },
};

function get(
  operationId: string,
  summary: string,
  schema: keyof typeof schemas,
  failures: Readonly<Record<string, ApiResponse>> = {},
): Operation {
  return { operationId, summary, responses: { "200": ok(schema), ...common(), ...failures } };
}

interface Body {
  readonly required: true;
  readonly content: Content;
}

/** What may begin a login, or go on with one. */
function begin(
  operationId: string,
  summary: string,
  { body, failures = {} }: { readonly body?: Body; readonly failures?: Readonly<Record<string, ApiResponse>> } = {},
): Operation {
  const ended = {
    "200": ok("Profile"),
    "202": goesOn(),
    ...common(),
    "401": asks(),
    "403": failed(`${FOREIGN}, or the login was refused`),
  };
  const request = body === undefined ? {} : { requestBody: body };
  return { operationId, summary, ...request, responses: { ...ended, ...(body === undefined ? {} : wrongBodies()), ...failures } };
}

function answer(operationId: string, summary: string, body: Body): Operation {
  return begin(operationId, summary, {
    body,
    failures: { "409": failed("no login waits, it asks for something else, or the question that is named is not asked any more") },
  });
}

function save(): Operation {
  const failures = { ...wrongBodies(), "409": failed("there is a profile of this name") };
  const operation = get("saveProfile", "save settings as a new profile; the active one stays", "Profile", failures);
  return { ...operation, requestBody: form("SavedForm") };
}

function common(): Readonly<Record<string, ApiResponse>> {
  return {
    "401": failed("the token is missing or wrong"),
    "403": failed(FOREIGN),
    default: failed("5xx: the provider or AWS cannot be reached (503), or a fault of the server's (500)"),
  };
}

function wrongBodies(): Readonly<Record<string, ApiResponse>> {
  return {
    "400": failed("the body is not what this route takes, or its settings make no profile"),
    "413": failed("the body is too long"),
    "415": failed("the body is of another type"),
  };
}

function ok(schema: keyof typeof schemas): ApiResponse {
  return { description: "as asked", content: content(schema) };
}

function failed(description: string): ApiResponse {
  return { description, content: content("Error") };
}

function goesOn(): ApiResponse {
  return { description: "the login goes on, on another device or by itself: look at /state, or ask again", content: content("Login") };
}

/** The header tells what follows; without it the token was wrong. */
function asks(): ApiResponse {
  return {
    description: "the login asks; or, without the header, the token is missing or wrong",
    headers: {
      "X-AwsRunas-Authentication-Type": {
        description: "AUTH: user name and password, by /auth; MFA: a one-time code, by /mfa; ASK: the question in the body, by /answer",
        schema: { type: "string", enum: ["AUTH", "MFA", "ASK"] },
      },
    },
    content: { "application/json": { schema: { oneOf: ["AuthNeeded", "CodeNeeded", "Question", "Error"].map(reference) } } },
  };
}

function content(schema: keyof typeof schemas): Content {
  return { "application/json": { schema: reference(schema) } };
}

function form(schema: keyof typeof schemas): Body {
  return { required: true, content: { "application/x-www-form-urlencoded": { schema: reference(schema) } } };
}

function json(schema: keyof typeof schemas): Body {
  return { required: true, content: content(schema) };
}

function text(description: string): Body {
  return { required: true, content: { "text/plain": { schema: { type: "string", description } } } };
}

function reference(schema: string): Schema {
  return { $ref: `#/components/schemas/${schema}` };
}
