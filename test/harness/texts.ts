import * as fc from 'fast-check';

/** Well-formed text of any characters. fast-check's own string arbitraries take seconds before their first value. */
export function anyText(maxLength = 10): fc.Arbitrary<string> {
  const character = fc.oneof(
    fc.integer({ min: 0x00, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  );
  return fc.array(character, { maxLength }).map((codes) => String.fromCodePoint(...codes));
}
