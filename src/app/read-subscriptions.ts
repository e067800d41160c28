import type { Readable } from 'node:stream';
import { MqdynError } from '../domain/errors.ts';
import { isUtf8 } from 'node:buffer';
import { findInput, readInput } from '../files/input.ts';

export type SubscriptionLine = { clientid: string; topic: string; qos?: number };

const MAX_LINE = 1 << 16;

/** What `subs --format csv` puts before text that a spreadsheet would run. */
const DEFUSED = /^'(?='*[=+\-@\t\r])/;

/**
 * Reads subscriptions from a file: with a client id one topic filter a line; without one the lines that `subs --format jsonl`
 * or `--format csv` writes. Nothing is returned unless every line is right.
 */
export async function readSubscriptions(
  name: string,
  stdin: Readable,
  clientid: string | undefined,
): Promise<SubscriptionLine[]> {
  const input = await findInput(name);
  const found: SubscriptionLine[] = [];
  for await (const lines of readInput(input, { stdin, maxLine: MAX_LINE, framing: 'lines' }).records) {
    for (const { bytes, number } of lines) {
      if (!isUtf8(bytes)) throw notASubscription(name, number, 'the line is not UTF-8');
      const text = bytes.toString('utf8');
      if (clientid !== undefined) {
        found.push({ clientid, topic: text });
        continue;
      }
      if (found.length === 0 && /^clientid,topic\b/.test(text)) continue;
      const line = text.startsWith('{') ? fromJson(text) : fromCsv(text);
      if (typeof line === 'string') throw notASubscription(name, number, line);
      found.push(line);
    }
  }
  if (found.length === 0) throw new MqdynError('E_INPUT', `${name === '-' ? 'stdin' : name} holds no subscriptions`);
  return found;
}

function notASubscription(name: string, line: number, why: string): MqdynError {
  return new MqdynError('E_INPUT', `${name}:${line}: not a subscription (${why})`);
}

const EXPECTED = 'expected clientid,topic[,qos] or a JSON object';
const WRONG_QOS = 'qos must be 0, 1 or 2';

/** The subscription, or what is wrong with it. */
function fromJson(text: string): SubscriptionLine | string {
  let members: Readonly<Record<string, unknown>>;
  try {
    members = JSON.parse(text);
  } catch {
    return EXPECTED;
  }
  const { clientid, topic, qos } = members;
  if (typeof clientid !== 'string' || typeof topic !== 'string') return EXPECTED;
  if (qos === undefined || qos === null) return { clientid, topic };
  return typeof qos === 'number' || typeof qos === 'string' ? withQos(clientid, topic, String(qos)) : WRONG_QOS;
}

/** One RFC 4180 record. Client ids and topics with line breaks need the JSON form. */
function fromCsv(text: string): SubscriptionLine | string {
  const cells = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain ?? '').replace(DEFUSED, ''),
  );
  const [clientid, topic, qos] = cells;
  if (clientid === undefined || topic === undefined || cells.length > 3) return EXPECTED;
  return qos === undefined || qos === '' ? { clientid, topic } : withQos(clientid, topic, qos);
}

function withQos(clientid: string, topic: string, qos: string): SubscriptionLine | string {
  return /^[012]$/.test(qos) ? { clientid, topic, qos: Number(qos) } : WRONG_QOS;
}
