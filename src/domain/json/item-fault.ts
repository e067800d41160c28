import { isObject } from './object.ts';
import { isNumber } from './scalars.ts';

/** Deeper than DynamoDB stores anything (32 levels), and no danger for whoever walks through it. */
const MAX_DEPTH = 64;

/** What is wrong with a value as attributes by name, each typed (`{"qos":{"N":"1"}}`), behind the place where it is. */
export function itemFault(value: unknown, depth = 1): string | undefined {
  if (!isObject(value)) return isNot(value, 'an item');
  // no list of names for each of millions of items: what JSON.parse makes inherits nothing enumerable
  for (const name in value) {
    const wrong = valueFault(value[name], depth);
    if (wrong !== undefined) return at(name) + wrong;
  }
  return undefined;
}

function valueFault(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return ` is more than ${MAX_DEPTH} levels deep`;
  if (!isObject(value)) return isNot(value, 'an attribute value');
  let type: string | undefined;
  for (const name in value) {
    if (type !== undefined) return ' is not of one type';
    type = name;
  }
  if (type === undefined) return ' is not of one type';
  const wrong = contentFault(type, value[type], depth);
  return wrong === undefined ? undefined : `.${type}${wrong}`;
}

function contentFault(type: string, content: unknown, depth: number): string | undefined {
  switch (type) {
    case 'S':
    case 'B':
      return textFault(content);
    case 'N':
      return digitsFault(content);
    case 'SS':
    case 'BS':
      return listFault(content, textFault);
    case 'NS':
      return listFault(content, digitsFault);
    case 'BOOL':
    case 'NULL':
      return typeof content === 'boolean' ? undefined : isNot(content, 'true or false');
    case 'M':
      return itemFault(content, depth + 1);
    case 'L':
      return listFault(content, (element) => valueFault(element, depth + 1));
    default:
      return ' is no type of DynamoDB';
  }
}

function textFault(value: unknown): string | undefined {
  return typeof value === 'string' ? undefined : isNot(value, 'a text');
}

function digitsFault(value: unknown): string | undefined {
  return typeof value === 'string' && isNumber(value) ? undefined : isNot(value, 'a number as text');
}

/** The first fault of an element of a list, behind its place. */
export function listFault(value: unknown, fault: (element: unknown) => string | undefined): string | undefined {
  if (!Array.isArray(value)) return isNot(value, 'a list');
  for (let index = 0; index < value.length; index += 1) {
    const wrong = fault(value[index]);
    if (wrong !== undefined) return `[${index}]${wrong}`;
  }
  return undefined;
}

export function isNot(value: unknown, wanted: string): string {
  return ` is ${kindOf(value)}, not ${wanted}`;
}

/** What stands there, in a word: values may be anybody's payload. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'object') return 'an object';
  return JSON.stringify(value);
}

/** A member as a part of a path. */
export function at(name: string): string {
  return /^\w+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
