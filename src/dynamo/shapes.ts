import { at, isNot, itemFault, listFault } from '../domain/json/item-fault.ts';
import { isObject } from '../domain/json/object.ts';

/** What is wrong with a value, behind the place where it is; undefined when it is as it should be. */
export type Shape = (value: unknown) => string | undefined;

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
  return (value) => listFault(value, shape);
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
export const item: Shape = (value) => itemFault(value);
