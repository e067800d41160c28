import type { Placeholders } from './placeholders.ts';

/** A date, with a time of day and an offset where they are wanted; UTC without an offset. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/** `now`, alone or with a duration before or after it. */
const NOW = /^now(?:\s*([-+])\s*(\d+)(ms|s|m|h|d))?$/i;
const MINUTE_MICROS = 60_000_000n;
const MICROS: Readonly<Record<string, bigint>> = {
  ms: 1_000n,
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n,
  d: 86_400_000_000n,
};

/** Microseconds since 1970 of a date such as `2026-10-25` or `2026-10-25 08:30:00Z`; undefined for anything else. */
export function momentOf(text: string): bigint | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const millis = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(millis);
  // 31 February is another day, 25:00 another hour
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  return BigInt(millis) * 1_000n + BigInt((match[7] ?? '').padEnd(6, '0')) - offsetOf(match[8] ?? 'Z');
}

/** Microseconds of `now`, `now - 30d` or `now + 1h`. */
export function momentFromNow(text: string, nowMillis: number): bigint {
  const [, sign, count = '0', unit = 's'] = NOW.exec(text) ?? [];
  const duration = BigInt(count) * (MICROS[unit.toLowerCase()] ?? 0n);
  return BigInt(nowMillis) * 1_000n + (sign === '-' ? -duration : duration);
}

function offsetOf(zone: string): bigint {
  if (zone.toUpperCase() === 'Z') return 0n;
  const minutes = BigInt(zone.slice(1, 3)) * 60n + BigInt(zone.slice(-2));
  return minutes * MINUTE_MICROS * (zone.startsWith('-') ? -1n : 1n);
}

/**
 * The units that stored times have, told apart by their size, as in records/times.ts: `from` to below `to`, and how many
 * microseconds one of them is.
 */
const UNITS = [
  { above: '>', from: '0', below: '<', to: '100000000000', micros: 1_000_000n },
  { above: '>=', from: '100000000000', below: '<', to: '100000000000000', micros: 1_000n },
  { above: '>=', from: '100000000000000', below: '<=', to: '8640000000000000000', micros: 1n },
] as const;

/**
 * A condition that DynamoDB evaluates right whatever unit an item holds: the attribute is compared with the moment in seconds,
 * milliseconds or microseconds, as its size says. Without a time (missing, 0, of another type) only `<>` holds.
 */
export function timeCondition(path: string, comparison: string, micros: bigint, placeholders: Placeholders): string {
  const value = (digits: string) => placeholders.value({ N: digits });
  if (comparison === '<>') return `(NOT ${timeCondition(path, '=', micros, placeholders)})`;
  const units = UNITS.map(({ above, from, below, to, micros: unit }) => {
    const wanted = value(quotient(micros, unit));
    return `${path} ${above} ${value(from)} AND ${path} ${below} ${value(to)} AND ${path} ${comparison} ${wanted}`;
  });
  return `(${units.join(' OR ')})`;
}

/** The exact decimal quotient by 1, 1000 or 1000000. */
function quotient(micros: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const text = String(micros < 0n ? -micros : micros).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : text.slice(-digits).replace(/0+$/, '');
  return `${micros < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
