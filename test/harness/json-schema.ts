/** The part of JSON Schema (draft 2020-12) that schemas/output uses. */
export type JsonSchema = {
  $schema?: string;
  title?: string;
  description?: string;
  format?: string;
  type?: string | string[];
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
};

const KEYWORDS = new Set(
  '$schema title description format type enum pattern minimum properties required additionalProperties items anyOf'.split(' '),
);

/** Keywords that the check below does not know: it would pass them over. */
export function unknownKeywords(schema: JsonSchema): string[] {
  const { properties = {}, additionalProperties: further, items, anyOf = [] } = schema;
  const inner = [
    ...Object.values(properties),
    ...anyOf,
    ...(items ? [items] : []),
    ...(typeof further === 'object' ? [further] : []),
  ];
  return [...Object.keys(schema).filter((name) => !KEYWORDS.has(name)), ...inner.flatMap(unknownKeywords)];
}

/** Where a value is not as its schema says, with the places; none where it is valid. */
export function schemaFaults(schema: JsonSchema, value: unknown, at = '$'): string[] {
  if (schema.anyOf) {
    const each = schema.anyOf.map((one) => schemaFaults(one, value, at));
    return each.some((faults) => faults.length === 0) ? [] : each.flat();
  }
  if (schema.enum && !schema.enum.includes(value))
    return [`${at}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`];
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type)))
    return [`${at}: ${JSON.stringify(value)} is no ${types.join('|')}`];
  if (typeof value === 'number' && value < (schema.minimum ?? -Infinity)) return [`${at}: ${value} is below ${schema.minimum}`];
  if (typeof value === 'string') {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
      return [`${at}: ${value} is not ${schema.pattern}`];
    if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value))
      return [`${at}: ${value} is no time`];
    return [];
  }
  if (Array.isArray(value))
    return value.flatMap((one, index) => (schema.items ? schemaFaults(schema.items, one, `${at}[${index}]`) : []));
  if (typeof value !== 'object' || value === null) return [];
  return memberFaults(schema, value as Record<string, unknown>, at);
}

function memberFaults(schema: JsonSchema, value: Record<string, unknown>, at: string): string[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`);
  const others = Object.entries(value).flatMap(([name, member]) => {
    const own = schema.properties?.[name] ?? schema.additionalProperties ?? true;
    if (own === false) return [`${at}.${name} is not in the schema`];
    return own === true ? [] : schemaFaults(own, member, `${at}.${name}`);
  });
  return [...missing, ...others];
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
