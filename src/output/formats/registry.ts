import type { Format } from '../document.ts';

/** Every output format; the first one is the default. Each is loaded when it is chosen: a table needs more than a line of JSON. */
const FORMATS: Readonly<Record<string, () => Promise<Format>>> = {
  table: loadTable,
  json: async () => (await import('./json.ts')).json,
  jsonl: async () => (await import('./lines.ts')).jsonl,
  csv: async () => (await import('./csv.ts')).csv,
  'ddb-json': async () => (await import('./lines.ts')).ddbJson,
};

export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS);

export function formatNamed(name: string): Promise<Format> {
  return (FORMATS[name] ?? loadTable)();
}

async function loadTable(): Promise<Format> {
  return (await import('./table.ts')).table;
}
