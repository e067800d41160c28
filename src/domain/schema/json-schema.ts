import type { Shape } from '../json/shape.ts';

/** The JSON Schema (draft-07, which every editor knows) of a shape. */
export function jsonSchema(shape: Shape, id: string): Record<string, unknown> {
  return { $schema: 'http://json-schema.org/draft-07/schema#', $id: id, title: 'mqdyn table', ...schemaOf(shape) };
}

function schemaOf(shape: Shape): Record<string, unknown> {
  const about = shape.about === undefined ? {} : { description: shape.about };
  switch (shape.is) {
    case 'text':
      return {
        ...about,
        type: 'string',
        ...(shape.pattern === undefined ? { minLength: 1 } : { pattern: shape.pattern.source }),
      };
    case 'one-of':
      return { ...about, enum: shape.values };
    case 'whole':
      return { ...about, type: 'integer', minimum: shape.min, ...(shape.max === undefined ? {} : { maximum: shape.max }) };
    case 'flag':
      return { ...about, type: 'boolean' };
    case 'list':
      return {
        ...about,
        type: 'array',
        items: schemaOf(shape.of),
        ...(shape.empty ? {} : { minItems: 1 }),
        ...(shape.max === undefined ? {} : { maxItems: shape.max }),
      };
    case 'object':
      return {
        ...about,
        type: 'object',
        properties: Object.fromEntries(Object.entries(shape.members).map(([name, member]) => [name, schemaOf(member)])),
        ...(shape.required === undefined ? {} : { required: shape.required }),
        additionalProperties: false,
      };
  }
}
