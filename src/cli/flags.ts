import { Flags, type Interfaces } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { momentOf } from '../domain/expression/moments.ts';
import { FORMAT_NAMES } from '../output/formats/registry.ts';

/** Flags that say which DynamoDB; every command that needs one has them. */
export const targetFlags = {
  context: Flags.string({ char: 'c', helpGroup: 'TARGET', helpValue: 'NAME', summary: 'named target of the configuration file' }),
  'endpoint-url': Flags.string({
    helpGroup: 'TARGET',
    helpValue: 'URL|local',
    summary: 'DynamoDB endpoint, or the embedded engine',
  }),
  region: Flags.string({ helpGroup: 'TARGET', helpValue: 'NAME', summary: 'AWS region' }),
  profile: Flags.string({ helpGroup: 'TARGET', helpValue: 'NAME', summary: 'profile of the AWS shared configuration' }),
  'table-prefix': Flags.string({ helpGroup: 'TARGET', helpValue: 'TEXT', summary: 'put before every table name' }),
  'schema-dir': Flags.string({ helpGroup: 'TARGET', helpValue: 'DIR', summary: 'folder of schema files' }),
  'data-dir': Flags.string({ helpGroup: 'TARGET', helpValue: 'DIR', summary: 'data of the embedded engine' }),
  'allow-insecure-endpoint': Flags.boolean({
    helpGroup: 'TARGET',
    summary: 'send credentials over plain http to a host that is not loopback',
  }),
};

/** Flags that say which DynamoDB; schema files have nothing to do with it. */
export const TARGET_NAMES = Object.keys(targetFlags).filter((name) => name !== 'schema-dir');

/** Flags that say how items are written. */
export const outputFlags = {
  format: Flags.string({
    char: 'o',
    helpGroup: 'OUTPUT',
    options: [...FORMAT_NAMES],
    default: 'table',
    summary: 'table for people; json one document; jsonl, csv and ddb-json streamed',
  }),
  json: Flags.boolean({
    helpGroup: 'OUTPUT',
    summary: 'same as --format json',
  }),
  fields: Flags.string({ helpGroup: 'OUTPUT', helpValue: 'a,b', summary: 'only these attributes, in this order' }),
  wide: Flags.boolean({ helpGroup: 'OUTPUT', summary: 'table with every column, nothing shortened' }),
  vertical: Flags.boolean({ helpGroup: 'OUTPUT', summary: 'table with one attribute a line' }),
  'no-header': Flags.boolean({ helpGroup: 'OUTPUT', summary: 'no header line in table and csv' }),
  'csv-raw': Flags.boolean({ helpGroup: 'OUTPUT', summary: 'do not defuse spreadsheet formulas in csv cells' }),
  quiet: Flags.boolean({ char: 'q', helpGroup: 'OUTPUT', summary: 'no notes, warnings or progress on stderr; only errors' }),
};

export type TargetFlags = Interfaces.InferredFlags<typeof targetFlags>;
export type OutputFlags = Interfaces.InferredFlags<typeof outputFlags>;

/** The attributes named by --fields, or undefined. */
export function fieldsOf(flags: Pick<OutputFlags, 'fields'>): string[] | undefined {
  if (flags.fields === undefined) return undefined;
  const fields = flags.fields.split(',').map((field) => field.trim());
  if (fields.some((field) => field === '')) throw new MqdynError('E_USAGE', '--fields contains an empty name');
  return [...new Set(fields)];
}

const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A flag that takes a time such as `120s` or `30d`; its value is in milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (input) => {
    const match = DURATION.exec(input);
    if (!match) throw new MqdynError('E_USAGE', `invalid duration "${input}"; use 500ms, 120s, 5m, 12h or 30d`);
    const [, count, unit = ''] = match;
    return Number(count) * (UNIT_MS[unit] ?? NaN);
  },
});

/** Longest wait for one table; index backfill of a large table takes long. */
export const waitFlag = durationFlag({
  default: 300_000,
  defaultHelp: async () => '300s',
  summary: 'longest wait for one table',
});

/** A flag that takes a moment such as `2026-11-28T12:00:00Z`; its value is in Unix milliseconds. */
export const momentFlag = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (input) => {
    const micros = momentOf(input);
    if (micros === undefined) {
      throw new MqdynError('E_USAGE', `invalid time "${input}"; use 2026-11-28T12:00:00Z, or a date alone`);
    }
    return Number(micros / 1_000n);
  },
});

/** Standard input may stand for a file under this name. */
export const STDIN = '-';
