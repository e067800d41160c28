import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase62 } from '../../../../src/domain/mqtt/base62.ts';
import { hexOf, msgidOf } from '../../../../src/domain/mqtt/msgid-text.ts';
import {
  decodeMsgid,
  encodeMsgid,
  guidFromHex,
  makeGuid,
  microsToIso,
  parseMessageId,
  readGuid,
} from '../../../../src/domain/mqtt/msgid.ts';

const VECTORS = [
  {
    msgid: 'Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD',
    decimal: 28819506059466076318809794605678593n,
    hex: '00058CE94E63BEADF44300000A530001',
    micros: 1562308553981613n,
    time: '2019-07-05T06:35:53.981613Z',
    node: 'F44300000A53',
    sequence: 1,
  },
  {
    msgid: 'Mjg4MTk1NzE3MTY4MjYxMjA5MDExMDg0NTk5ODgzMjAyNTH',
    decimal: 28819571716826120901108459988320257n,
    hex: '00058CEA228A3D79F440000008D40001',
    micros: 1562312113274233n,
    time: '2019-07-05T07:35:13.274233Z',
    node: 'F440000008D4',
    sequence: 1,
  },
  {
    msgid: 'Mjg4NDY1NDAxMjczMzcyMjUwMjExOTc1MzY4MDY4MzAwODB',
    decimal: 28846540127337225021197536806830081n,
    hex: '00058E3E862C90F8F440000012000001',
    micros: 1563774073737464n,
    time: '2019-07-22T05:41:13.737464Z',
    node: 'F44000001200',
    sequence: 1,
  },
  {
    msgid: 'MzA5NTg0OTQ3NTQ4MjQ3MjM0MTgxNzM0MzYzMzU0ODkwMjG',
    decimal: 30958494754824723418173436335489026n,
    hex: '0005F65F239F03FEF44300000BB40002',
    micros: 1678263363503102n,
    time: '2023-03-08T08:16:03.503102Z',
    node: 'F44300000BB4',
    sequence: 2,
  },
  {
    msgid: 'Mjk3NzMwMjkyNDM0NDU0OTQwMTExNTI4NDMzMTk0MjYwMjD',
    decimal: 29773029243445494011152843319426023n,
    hex: '0005BBEC75F72706F44000000A623BE7',
    micros: 1613999149360902n,
    time: '2021-02-22T13:05:49.360902Z',
    node: 'F44000000A62',
    sequence: 15335,
  },
  {
    msgid: 'MzQwMjgyMzY2OTIwOTM4NDYzNDYzMzc0NjA3NDMxNzY4MjExNDU1',
    decimal: 2n ** 128n - 1n,
    hex: 'F'.repeat(32),
    micros: 2n ** 64n - 1n,
    time: undefined,
    node: 'F'.repeat(12),
    sequence: 65535,
  },
];

/** The shape of every id of the years 1987 to 2141. */
const TODAY = /^(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){11}[MNO][DTjz][A-J]$/;
const micros = fc.bigInt(542_101_086_242_753n, 5_421_010_862_427_521n);
const guids = fc.bigInt(0n, 2n ** 128n - 1n);

describe('msgid', () => {
  it.each(VECTORS)('$msgid', ({ msgid, decimal, hex, micros: time, time: iso, node, sequence }) => {
    expect(decodeMsgid(msgid)).toBe(decimal);
    expect(encodeMsgid(decimal)).toBe(msgid);
    expect(guidFromHex(hex)).toBe(decimal);
    expect(readGuid(decimal)).toEqual({ timestampMicros: time, node, sequence, hex });
    expect(makeGuid(time, BigInt(`0x${hex.slice(16)}`))).toBe(decimal);
    if (iso !== undefined) expect(microsToIso(time)).toBe(iso);
  });

  it('gives every GUID back, in all three forms', () => {
    fc.assert(
      fc.property(guids, (guid) => {
        const { hex } = readGuid(guid);
        expect(decodeMsgid(encodeMsgid(guid))).toBe(guid);
        expect([hex, hex.toLowerCase(), encodeMsgid(guid)].map(parseMessageId)).toEqual([guid, guid, guid]);
      }),
    );
  });

  it('is the base62 of the decimal digits, however many there are', () => {
    const check = (guid: bigint) => {
      const text = encodeBase62(Buffer.from(String(guid)));
      expect({ guid, msgid: msgidOf(hexOf(guid)) }).toEqual({ guid, msgid: text });
    };
    const powers = Array.from({ length: 39 }, (_, digits) => 10n ** BigInt(digits));
    for (const power of powers) for (const guid of [power - 1n, power, power + 1n]) check(guid);
    fc.assert(fc.property(fc.nat({ max: 127 }), guids, (shift, guid) => check(guid >> BigInt(shift))));
  });

  it('has 47 characters of the known shape in our times', () => {
    fc.assert(
      fc.property(micros, fc.bigInt(0n, 2n ** 64n - 1n), (time, tail) => {
        expect(encodeMsgid(makeGuid(time, tail))).toMatch(TODAY);
      }),
    );
  });

  it('is never read as another one: a changed character is refused or changes the id', () => {
    const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='.split(''));
    fc.assert(
      fc.property(guids, fc.nat(), character, (guid, place, other) => {
        const msgid = encodeMsgid(guid);
        const at = place % msgid.length;
        const mutated = msgid.slice(0, at) + other + msgid.slice(at + 1);
        const read = decodeMsgid(mutated);
        if (read !== undefined) expect(encodeMsgid(read)).toBe(mutated);
      }),
    );
  });

  const good = VECTORS[0]!.msgid;
  it.each([
    ['empty', ''],
    ['one character short', good.slice(0, -1)],
    ['one character long', `${good}A`],
    ['bits in the last character that no encoder leaves', `${good.slice(0, -1)}Z`],
    ['base64 of the same digits', Buffer.from('28819506059466076318809794605678593').toString('base64')],
    ['a leading zero', 'MDB'],
    ['letters', 'YWJj'],
    ['2^128', 'MzQwMjgyMzY2OTIwOTM4NDYzNDYzMzc0NjA3NDMxNzY4MjExNDU2'],
    ['in lower case', good.toLowerCase()],
    ['with a blank', ` ${good}`],
  ])('refuses one that is %s', (_, text) => {
    expect(parseMessageId(text)).toBeUndefined();
  });
});

describe('hexadecimal ids', () => {
  it('are padded from the 29 digits of EMQX before 4.3', () => {
    expect(guidFromHex('5BBEC75F72706F44000000A623BE7')).toBe(29773029243445494011152843319426023n);
  });

  it.each(['', '5BBEC75F72706F4400000A62', '0'.repeat(33), 'G'.repeat(32), `0x${'0'.repeat(30)}`, ' '.repeat(32)])(
    '%j is none',
    (text) => {
      expect(guidFromHex(text)).toBeUndefined();
    },
  );
});

describe('microsToIso', () => {
  it.each([
    [0n, '1970-01-01T00:00:00.000000Z'],
    [1n, '1970-01-01T00:00:00.000001Z'],
    [999_999n, '1970-01-01T00:00:00.999999Z'],
  ])('%s is %s', (time, text) => {
    expect(microsToIso(time)).toBe(text);
  });

  it('has no text for a time that no Date holds', () => {
    expect(microsToIso(2n ** 63n)).toBeUndefined();
  });
});
