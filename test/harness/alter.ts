import * as fc from 'fast-check';

/**
 * Ways in which a JSON file can be altered or damaged: a member anywhere in it replaced, taken away or added, a byte changed, and
 * the text cut.
 */
export function alterations(text: string): fc.Arbitrary<string> {
  const value = JSON.parse(text) as unknown;
  const places = placesIn(value);
  const place = fc.constantFrom(...places);
  const changed = fc
    .tuple(place, fc.oneof(likely, fc.jsonValue() as fc.Arbitrary<unknown>))
    .map(([at, other]) => replaced(value, at, other));
  const removed = place.map((at) => replaced(value, at, undefined));
  const swapped = fc.tuple(place, place).map(([at, from]) => replaced(value, at, valueAt(value, from)));
  const added = fc.tuple(place, fc.string(), likely).map(([at, name, other]) => replaced(value, [...at, name], other));
  const cut = fc.nat(text.length - 1).map((length) => text.slice(0, length));
  const byte = fc
    .tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }))
    .map(([at, other]) => text.slice(0, at) + other + text.slice(at + 1));
  const json = fc.oneof(changed, removed, swapped, added).map((altered) => JSON.stringify(altered) ?? '');
  return fc
    .oneof({ weight: 5, arbitrary: json }, { weight: 1, arbitrary: cut }, { weight: 2, arbitrary: byte })
    .filter((one) => one !== text);
}

/** Values close to the ones that are there. */
const likely: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -1, 7, 9, 0.5, 1e21, '', '0', 'local', 'mqtt_msg', 'true', [], {}, [null], {
    a: null,
  }),
  fc.string(),
);

type Path = readonly (string | number)[];

export function placesIn(value: unknown, above: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [above];
  const members = Object.entries(value).map(([name, member]) => [Array.isArray(value) ? Number(name) : name, member] as const);
  return [above, ...members.flatMap(([name, member]) => placesIn(member, [...above, name]))];
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, step) => (part as Record<string | number, unknown>)[step], value);
}

/** A copy with another value at a path; `undefined` removes it. */
export function replaced(value: unknown, path: Path, other: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return other;
  if (Array.isArray(value)) {
    const copy: unknown[] = [...(value as unknown[])];
    if (rest.length === 0 && other === undefined) copy.splice(Number(step), 1);
    else copy[Number.isInteger(Number(step)) ? Number(step) : copy.length] = replaced(copy[Number(step)], rest, other);
    return copy;
  }
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const kept = members.map(([name, member]) => [name, name === step ? replaced(member, rest, other) : member] as const);
  const all = kept.some(([name]) => name === step) ? kept : [...kept, [String(step), replaced(undefined, rest, other)] as const];
  return Object.fromEntries(all.filter(([, member]) => member !== undefined));
}
