import type { Readable } from 'node:stream';
import { MqdynError } from '../domain/errors.ts';
import { findInput, readInput } from '../files/input.ts';

export type SubscriptionLine = { clientid: string; topic: string; qos?: number };

const MAX_LINE = 1 << 16;

/** What `subs --format csv` puts before text that a spreadsheet would run. */
const DEFUSED = /^'(?=[=+\-@\t\r])/;

/**
 * Reads subscriptions from a file: with a client id one topic filter a line; without one the rows that `subs --format jsonl`
 * or `--format csv` writes. Nothing is returned unless every line is right.
 */
export async function readSubscriptions(
  name: string,
  stdin: Readable,
  clientid: string | undefined,
): Promise<SubscriptionLine[]> {
  const input = await findInput(name);
  const rows: SubscriptionLine[] = [];
  for await (const lines of readInput(input, { stdin, maxLine: MAX_LINE, framing: 'lines' }).records) {
    for (const { bytes, number } of lines) {
      const text = bytes.toString('utf8');
      if (clientid !== undefined) {
        rows.push({ clientid, topic: text });
        continue;
      }
      if (rows.length === 0 && /^clientid,topic\b/.test(text)) continue;
      const row = text.startsWith('{') ? fromJson(text) : fromCsv(text);
      if (!row)
        throw new MqdynError('E_INPUT', `${name}:${number}: not a subscription; expected clientid,topic[,qos] or a JSON object`);
      rows.push(row);
    }
  }
  return rows;
}

function fromJson(text: string): SubscriptionLine | undefined {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { clientid, topic, qos } = row as Record<string, unknown>;
  if (typeof clientid !== 'string' || typeof topic !== 'string') return undefined;
  return typeof qos === 'number' ? { clientid, topic, qos } : { clientid, topic };
}

/** One RFC 4180 record. Client ids and topics with line breaks need the JSON form. */
function fromCsv(text: string): SubscriptionLine | undefined {
  const cells = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain ?? '').replace(DEFUSED, ''),
  );
  const [clientid, topic, qos] = cells;
  if (clientid === undefined || topic === undefined || cells.length > 3) return undefined;
  return qos === undefined || qos === '' ? { clientid, topic } : { clientid, topic, qos: Number(qos) };
}
