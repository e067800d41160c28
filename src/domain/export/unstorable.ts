import type { AttributeValue, Item } from '../item.ts';
import { decimalOf, isBase64, isInRange, MAX_DIGITS } from '../json/scalars.ts';

/** DynamoDB's limit. Source: DynamoDB developer guide, "Service quotas". */
const MAX_LEVELS = 32;

/** Why DynamoDB would never store an item in whose form nothing is wrong, behind the place; undefined where it would. */
export function unstorable(item: Item, level = 1): string | undefined {
  for (const [name, value] of Object.entries(item)) {
    const fault = valueFault(value, level);
    if (fault !== undefined) return `.${name}${fault}`;
  }
  return undefined;
}

function valueFault(value: AttributeValue, level: number): string | undefined {
  if (level > MAX_LEVELS) return ` is more than ${MAX_LEVELS} levels deep`;
  if ('N' in value) return numberFault(value.N);
  if ('B' in value) return base64Fault(value.B);
  if ('SS' in value) return setFault(value.SS, () => undefined);
  if ('NS' in value) return setFault(value.NS, numberFault);
  if ('BS' in value) return setFault(value.BS, base64Fault);
  if ('NULL' in value) return value.NULL ? undefined : ' is NULL and false';
  if ('M' in value) return unstorable(value.M, level + 1);
  if ('L' in value) return firstFault(value.L, (element) => valueFault(element, level + 1));
  return undefined;
}

function setFault(elements: readonly string[], fault: (element: string) => string | undefined): string | undefined {
  if (elements.length === 0) return ' is an empty set';
  if (new Set(elements).size < elements.length) return ' is a set with an element twice';
  return firstFault(elements, fault);
}

function firstFault<T>(elements: readonly T[], fault: (element: T) => string | undefined): string | undefined {
  for (const [index, element] of elements.entries()) {
    const found = fault(element);
    if (found !== undefined) return `[${index}]${found}`;
  }
  return undefined;
}

function base64Fault(text: string): string | undefined {
  return isBase64(text) ? undefined : ' is not base64';
}

function numberFault(text: string): string | undefined {
  const value = decimalOf(text);
  if (value === undefined) return ' is no number';
  if (value.digits.length > MAX_DIGITS) return ` has more than ${MAX_DIGITS} digits`;
  return isInRange(value) ? undefined : ' is beyond the range of a number';
}
