import type { Format } from '../document.ts';
import { csv } from './csv.ts';
import { json } from './json.ts';
import { ddbJson, jsonl } from './lines.ts';
import { table } from './table.ts';

/** Every output format; the first one is the default. */
const FORMATS: readonly Format[] = [table, json, jsonl, csv, ddbJson];

export const FORMAT_NAMES: readonly string[] = FORMATS.map((format) => format.name);

export function formatNamed(name: string): Format {
  return FORMATS.find((format) => format.name === name) ?? table;
}
