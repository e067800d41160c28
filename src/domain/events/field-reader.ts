import { holdsEscapedBytes, unescapedBytes } from '../mqtt/bytes.ts';
import { UNDEFINED, type Millis, type Reject } from './event.ts';
import type { JsonRecord } from './record.ts';
import { isObject } from '../json/object.ts';

/** DynamoDB's numbers have 38 digits. */
const DIGITS = /^-?\d{1,38}$/;
const MANY_DIGITS = /^-?\d{39,}$/;
const LARGEST = 1e38;
/** In seconds the year 5138, in milliseconds 1973. */
const FEWEST_MILLIS = 1e11;
/** In milliseconds the year 5138, in microseconds 1973. */
const FEWEST_MICROS = 1e14;

/**
 * Reads the fields of one record and remembers the first fault, so that a decoder is a plain list of fields. Names are the
 * decoder's own and none of them is a property that every object has, so plain member access is safe for any record.
 */
export class FieldReader {
  private readonly fields: Record<string, unknown>;
  private readonly keepsBytes: boolean;
  private readonly arrivedMillis: number | undefined;
  /** The first field that was missing or wrong. */
  fault: Reject | undefined = undefined;
  /** Set where no field gave the time, and that of the recording or of the arrival was taken. */
  untimed = false;

  constructor({ fields, keepsBytes, arrivedMillis }: JsonRecord) {
    this.fields = fields;
    this.keepsBytes = keepsBytes;
    this.arrivedMillis = arrivedMillis;
  }

  fail(reason: Reject['reason'], detail: string): void {
    this.fault ??= { reason, detail };
  }

  /** The raw value of a field; undefined when it is absent. JSON null counts as absent. */
  raw(name: string): unknown {
    return this.fields[name] ?? undefined;
  }

  /** The value of a field that brokers fill with the text `undefined` when they have none. */
  known(name: string): unknown {
    const value = this.fields[name];
    return value === null || value === UNDEFINED ? undefined : value;
  }

  has(name: string): boolean {
    return this.known(name) !== undefined;
  }

  /** A required text field. Names are taken as they are: a client may well be called `undefined`. */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) this.fail('field_missing', name);
    return value ?? '';
  }

  /** A text field that may be absent. Text that could not be stored (bytes that are not UTF-8, lone surrogates) is a fault. */
  optionalText(name: string): string | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') {
      this.fail('field_type', `${name} must be a string`);
      return undefined;
    }
    if (!value.isWellFormed()) this.illFormed(name, value);
    return value;
  }

  /** The client of an event, which is required; EMQX 3.x writes `client_id`. */
  clientId(): string {
    return this.optionalText('clientid') ?? this.optionalText('client_id') ?? this.text('clientid');
  }

  /** A text field that may be absent or hold EMQX's word for that. */
  knownText(name: string): string | undefined {
    const value = this.optionalText(name);
    return value === UNDEFINED ? undefined : value;
  }

  private illFormed(name: string, value: string): void {
    if (this.keepsBytes && holdsEscapedBytes(value)) this.fail('utf8', `${name} is not UTF-8`);
    else this.fail('unpaired_surrogate', `${name} contains an unpaired surrogate`);
  }

  /**
   * A payload: text, or exact bytes where the line was not UTF-8. Structured values become their JSON text; what such a text
   * could not tell again (a number beyond double precision) is a fault. Absent and null give an empty payload.
   */
  payload(name: string): string | Uint8Array {
    const value = this.fields[name];
    if (typeof value !== 'string') {
      if (value === undefined || value === null) return '';
      this.checkStructure(name, value);
      return JSON.stringify(value);
    }
    if (value.isWellFormed()) return value;
    if (this.keepsBytes && holdsEscapedBytes(value)) return unescapedBytes(value);
    this.fail('unpaired_surrogate', `${name} contains an unpaired surrogate`);
    return value;
  }

  private checkStructure(name: string, value: unknown): void {
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) this.fail('number_range', `a number in ${name} is out of range`);
      else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        this.fail('unsafe_number', `a number in ${name} is larger than 2^53 - 1`);
      }
    } else if (typeof value === 'string') {
      if (!value.isWellFormed()) this.illFormed(name, value);
    } else if (typeof value === 'object' && value !== null) {
      for (const [member, inner] of Object.entries(value)) {
        if (!member.isWellFormed()) this.illFormed(name, member);
        this.checkStructure(name, inner);
      }
    }
  }

  /** A required whole number that a double holds exactly, as a number or as text of digits. */
  integer(name: string): number {
    const value = this.exactInteger(name);
    if (typeof value === 'number') return value;
    this.fail('unsafe_number', `${name} is larger than 2^53 - 1`);
    return 0;
  }

  /** A required whole number; one that a double does not hold is exact when it was written as text of up to 38 digits. */
  private exactInteger(name: string): number | bigint {
    const value = this.known(name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value; // -0 is stored as 0
    if (typeof value === 'string' && DIGITS.test(value)) {
      const exact = Number(value);
      return Number.isSafeInteger(exact) ? exact + 0 : BigInt(value);
    }
    this.notInteger(name, value);
    return 0;
  }

  private notInteger(name: string, value: unknown): void {
    if (value === undefined) this.fail('field_missing', name);
    else if (typeof value === 'string' && MANY_DIGITS.test(value)) this.fail('number_range', `${name} has more than 38 digits`);
    else if (typeof value !== 'number') this.fail('field_type', `${name} must be a number`);
    else if (Math.abs(value) >= LARGEST) this.fail('number_range', `${name} is out of range`);
    else if (!Number.isInteger(value)) this.fail('field_type', `${name} must be a whole number`);
    else this.fail('unsafe_number', `${name} is larger than 2^53 - 1`);
  }

  /** A required MQTT quality of service. */
  qos(name: string): number {
    const value = this.integer(name);
    if (value < 0 || value > 2) this.fail('field_value', `${name} must be 0, 1 or 2`);
    return value;
  }

  /** A required flag: a boolean, or 0 or 1. */
  flag(name: string): boolean {
    const value = this.known(name);
    if (typeof value === 'boolean') return value;
    const number = this.integer(name);
    if (number !== 0 && number !== 1) this.fail('field_value', `${name} must be 0 or 1`);
    return number === 1;
  }

  /**
   * A time in Unix milliseconds from the first of up to three fields that is there. Brokers and recorders also count seconds
   * (EMQX 3.x) or microseconds; which it is shows in the size. Without any, the time at which the record arrived, if it is known.
   * Source: emqx_backend_dynamo 4.3.5, and the EMQX Enterprise 4.4 documentation, DynamoDB.
   */
  millis(name: string, otherwise?: string, last?: string): Millis {
    let from = name;
    if (otherwise !== undefined && !this.has(name)) {
      from = otherwise;
      if (last !== undefined && !this.has(otherwise)) from = last;
      if (!this.has(from)) from = name; // a fault names the field that should be there
    }
    if (this.arrivedMillis !== undefined && !this.has(from)) {
      this.untimed = true;
      return this.arrivedMillis;
    }
    const value = this.exactInteger(from);
    if (value < 0) this.fail('number_range', `${from} is negative`);
    return inMillis(value);
  }

  /** A time that may be absent; one that is none is absent as well. */
  optionalMillis(name: string): Millis | undefined {
    const value = this.known(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? inMillis(value) : undefined;
  }

  /** A JSON object in a field; undefined when it is absent. */
  object(name: string): Record<string, unknown> | undefined {
    const value = this.known(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return value;
    this.fail('field_type', `${name} must be an object`);
    return undefined;
  }
}

/** Digits beyond a double are no time in any unit and stay as they are. */
function inMillis(time: Millis): Millis {
  if (typeof time === 'bigint' || time < 0) return time;
  if (time < FEWEST_MILLIS) return time * 1_000;
  return time < FEWEST_MICROS ? time : Math.floor(time / 1_000);
}
