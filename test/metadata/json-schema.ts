/** As much of JSON Schema 2020-12 as the OpenAPI document uses; a keyword that it does not know is an error, so that none is passed over. */

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is wrong with a value, each with its place; none for a valid one. */
export function violations(value: unknown, schema: JsonSchema, document: JsonSchema, place = "$"): string[] {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    const rule = RULES[keyword];
    if (rule === undefined) throw new Error(`the keyword ${keyword} is not known here`);
    return rule(argument as never, { value, schema, document, place });
  });
}

interface Looked {
  readonly value: unknown;
  readonly schema: JsonSchema;
  readonly document: JsonSchema;
  readonly place: string;
}

type Rule = (argument: never, looked: Looked) => string[];

const RULES: Readonly<Record<string, Rule>> = {
  $ref: (reference: string, { value, document, place }) => violations(value, resolve(reference, document), document, place),
  description: () => [],
  type: (types: string | readonly string[], { value, place }) =>
    [types].flat().includes(typeOf(value)) ? [] : [`${place} is ${typeOf(value)}, not ${String(types)}`],
  enum: (values: readonly unknown[], { value, place }) => (values.includes(value) ? [] : [`${place} is none of ${values.join(", ")}`]),
  pattern: (pattern: string, { value, place }) =>
    typeof value !== "string" || new RegExp(pattern, "u").test(value) ? [] : [`${place} does not match ${pattern}`],
  items: (items: JsonSchema, { value, document, place }) =>
    Array.isArray(value) ? value.flatMap((item, index) => violations(item, items, document, `${place}[${index}]`)) : [],
  maxItems: (most: number, { value, place }) => (Array.isArray(value) && value.length > most ? [`${place} has too many items`] : []),
  properties: (properties: Readonly<Record<string, JsonSchema>>, { value, document, place }) =>
    Object.entries(properties).flatMap(([name, schema]) =>
      isObject(value) && name in value ? violations(value[name], schema, document, `${place}.${name}`) : [],
    ),
  required: (names: readonly string[], { value, place }) =>
    isObject(value) ? names.filter((name) => !(name in value)).map((name) => `${place}.${name} is missing`) : [],
  additionalProperties: (allowed: boolean, { value, schema, place }) => {
    const known = Object.keys((schema["properties"] ?? {}) as object);
    return allowed || !isObject(value)
      ? []
      : Object.keys(value)
          .filter((name) => !known.includes(name))
          .map((name) => `${place}.${name} is not known`);
  },
  oneOf: (schemas: readonly JsonSchema[], { value, document, place }) => {
    const fits = schemas.filter((schema) => violations(value, schema, document, place).length === 0).length;
    return fits === 1 ? [] : [`${place} fits ${fits} of ${schemas.length} schemas`];
  },
};

function resolve(reference: string, document: JsonSchema): JsonSchema {
  const found = reference
    .slice("#/".length)
    .split("/")
    .reduce<unknown>((place, name) => (isObject(place) ? place[name] : undefined), document);
  if (!isObject(found)) throw new Error(`${reference} leads nowhere`);
  return found;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
