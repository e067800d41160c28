import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guardOf } from '../../../src/broker/token.ts';

it('only the token itself comes in, whatever the length of another one', () => {
  const token = 'correct-horse-battery';
  const mayEnter = guardOf(token);
  expect([`Bearer ${token}`, `bearer  ${token} `].map(mayEnter)).toEqual([true, true]);
  for (const header of [undefined, '', 'Bearer', 'Bearer ', token, `Basic ${token}`, `Bearer ${token}x`, `Bearer x${token}`])
    expect([header, mayEnter(header)]).toEqual([header, false]);
  fc.assert(fc.property(fc.string(), (other) => other === token || !mayEnter(`Bearer ${other}`)));
});

it('without a token everything comes in', () => {
  expect(guardOf(undefined)(undefined)).toBe(true);
});
