import { didYouMean } from '../suggest.ts';

/** What a value of a schema file may look like. The checks and the published JSON Schema are both made from it. */
export type Shape = { about?: string } & (
  | { is: 'text'; pattern?: RegExp; rule?: string }
  | { is: 'one-of'; values: readonly string[] }
  | { is: 'whole'; min: number; max?: number; rule?: string }
  | { is: 'flag' }
  | { is: 'list'; of: Shape; empty?: boolean; max?: number }
  | { is: 'object'; members: Readonly<Record<string, Shape>>; required?: readonly string[] }
);

export type Path = readonly (string | number)[];

/** Takes a fault of the value under a path. */
export type Report = (path: Path, message: string) => void;

/** Reports everything in which a value differs from its shape; members that are missing or unknown included. */
export function checkShape(value: unknown, shape: Shape, path: Path, report: Report): void {
  switch (shape.is) {
    case 'text':
      if (typeof value !== 'string' || (value === '' && !shape.pattern)) report(path, shape.rule ?? 'must be a string');
      else if (shape.pattern && !shape.pattern.test(value)) report(path, shape.rule ?? `must match ${shape.pattern.source}`);
      return;
    case 'one-of':
      if (!shape.values.some((each) => each === value)) report(path, `must be ${shape.values.join(' or ')}`);
      return;
    case 'whole':
      if (!isWhole(value, shape.min, shape.max)) report(path, shape.rule ?? wholeRule(shape));
      return;
    case 'flag':
      if (typeof value !== 'boolean') report(path, 'must be true or false');
      return;
    case 'list':
      return checkList(value, shape, path, report);
    case 'object':
      return checkObject(value, shape, path, report);
  }
}

function checkList(value: unknown, shape: Shape & { is: 'list' }, path: Path, report: Report): void {
  if (!Array.isArray(value) || (value.length === 0 && !shape.empty)) {
    return report(path, shape.empty ? 'must be a list' : 'must be a list with at least one element');
  }
  if (shape.max !== undefined && value.length > shape.max) report(path, `has ${value.length} elements; at most ${shape.max}`);
  for (const [index, element] of value.entries()) checkShape(element, shape.of, [...path, index], report);
}

function checkObject(value: unknown, shape: Shape & { is: 'object' }, path: Path, report: Report): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return report(path, 'must be an object');
  const known = Object.keys(shape.members);
  for (const [name, member] of Object.entries(value)) {
    const own = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
    if (own !== undefined) checkShape(member, own, [...path, name], report);
    else report([...path, name], `unknown member.${meant(name, known)}`);
  }
  for (const name of shape.required ?? []) if (!Object.hasOwn(value, name)) report([...path, name], 'is missing');
}

/** The API names its settings `...Specification`; the first words of one are meant as that one. */
function meant(name: string, known: readonly string[]): string {
  const longer = name.length < 4 ? undefined : known.find((member) => member.toLowerCase().startsWith(name.toLowerCase()));
  return longer === undefined ? didYouMean(name, known) : ` Did you mean ${longer}?`;
}

function isWhole(value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}

function wholeRule({ min, max }: { min: number; max?: number }): string {
  return max === undefined ? `must be a whole number from ${min}` : `must be a whole number from ${min} to ${max}`;
}
