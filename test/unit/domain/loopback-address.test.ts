import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isLoopbackAddress } from '../../../src/domain/loopback-address.ts';

it.each(['127.0.0.1', '127.255.255.255', '::1', '[::1]'])('%s is one', (host) => expect(isLoopbackAddress(host)).toBe(true));

it.each(['', 'localhost', '128.0.0.1', '127.1', '127.0.0.256', '127.00.0.1', '127.0.0.1.evil.example', '::', '::2', '1::1'])(
  '"%s" is none',
  (host) => expect(isLoopbackAddress(host)).toBe(false),
);

it('is an address by the rules of the system', () => {
  const octet = fc.oneof(fc.integer({ min: 0, max: 999 }).map(String), fc.constantFrom('00', '01', '', ' 1', '1a'));
  fc.assert(
    fc.property(fc.array(octet, { minLength: 2, maxLength: 4 }), (rest) => {
      const host = ['127', ...rest].join('.');
      expect(isLoopbackAddress(host)).toBe(isIP(host) === 4);
    }),
    { numRuns: 2_000 },
  );
});
