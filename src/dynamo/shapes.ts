/** What is wrong with a value, behind the place where it is; undefined when it is as it should be. */
export type Shape = (value: unknown) => string | undefined;

type Members = { [member: string]: unknown };

/** Deeper than DynamoDB stores anything (32 levels), and no danger for whoever walks through it. */
const MAX_DEPTH = 64;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export const text: Shape = (value) => (typeof value === 'string' ? undefined : isNot(value, 'a text'));

export const flag: Shape = (value) => (typeof value === 'boolean' ? undefined : isNot(value, 'true or false'));

/** A finite number from 0 on. */
export const count: Shape = (value) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? undefined : isNot(value, 'a number from 0 on');

export const number: Shape = (value) => (Number.isFinite(value) ? undefined : isNot(value, 'a number'));

export const anyObject: Shape = (value) => (isObject(value) ? undefined : isNot(value, 'an object'));

export function oneOf(...texts: string[]): Shape {
  return (value) => (texts.some((each) => each === value) ? undefined : isNot(value, texts.join(' or ')));
}

export function listOf(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return isNot(value, 'a list');
    for (let index = 0; index < value.length; index += 1) {
      const wrong = shape(value[index]);
      if (wrong !== undefined) return `[${index}]${wrong}`;
    }
    return undefined;
  };
}

/** An object with members of any name, all of one shape. */
export function mapOf(shape: Shape): Shape {
  return (value) => {
    if (!isObject(value)) return isNot(value, 'an object');
    for (const name of Object.keys(value)) {
      const wrong = shape(value[name]);
      if (wrong !== undefined) return at(name) + wrong;
    }
    return undefined;
  };
}

/**
 * An object with members of these shapes, and with others that nobody looks at. A member that may be missing may be null as
 * well, as for the SDK; it is taken out then.
 */
export function objectOf(required: { [member: string]: Shape }, optional: { [member: string]: Shape } = {}): Shape {
  const shapes = Object.entries({ ...required, ...optional });
  return (value) => {
    if (!isObject(value)) return isNot(value, 'an object');
    for (const [name, shape] of shapes) {
      if (!Object.hasOwn(required, name) && (value[name] ?? undefined) === undefined) {
        delete value[name];
        continue;
      }
      const wrong = Object.hasOwn(value, name) ? shape(value[name]) : ' is missing';
      if (wrong !== undefined) return at(name) + wrong;
    }
    return undefined;
  };
}

/** The first shape that something is wrong with. */
export function allOf(...shapes: Shape[]): Shape {
  return (value) => {
    for (const shape of shapes) {
      const wrong = shape(value);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** Attributes by name, each typed: `{"qos":{"N":"1"}}`. */
export const item: Shape = (value) => itemFault(value, 1);

function itemFault(value: unknown, depth: number): string | undefined {
  if (!isObject(value)) return isNot(value, 'an item');
  for (const name of Object.keys(value)) {
    const wrong = valueFault(value[name], depth);
    if (wrong !== undefined) return at(name) + wrong;
  }
  return undefined;
}

const texts = listOf(text);
const digits: Shape = (value) => (typeof value === 'string' && NUMBER.test(value) ? undefined : isNot(value, 'a number as text'));
const numbers = listOf(digits);

function valueFault(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return ` is more than ${MAX_DEPTH} levels deep`;
  if (!isObject(value)) return isNot(value, 'an attribute value');
  const [type, another] = Object.keys(value);
  if (type === undefined || another !== undefined) return ' is not of one type';
  const wrong = contentFault(type, value[type], depth);
  return wrong === undefined ? undefined : `.${type}${wrong}`;
}

function contentFault(type: string, content: unknown, depth: number): string | undefined {
  switch (type) {
    case 'S':
    case 'B':
      return text(content);
    case 'N':
      return digits(content);
    case 'SS':
    case 'BS':
      return texts(content);
    case 'NS':
      return numbers(content);
    case 'BOOL':
    case 'NULL':
      return flag(content);
    case 'M':
      return itemFault(content, depth + 1);
    case 'L':
      return listOf((element) => valueFault(element, depth + 1))(content);
    default:
      return ' is no type of DynamoDB';
  }
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNot(value: unknown, wanted: string): string {
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

function at(name: string): string {
  return /^\w+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
