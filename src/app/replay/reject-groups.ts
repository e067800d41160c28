import type { Reject, RejectReason } from '../../domain/events/event.ts';
import type { RejectedLine } from '../../files/rejects.ts';

/** A reason in words, for one record and for several, and the flag that lets such records through where there is one. */
type Words = { one: string; many: string; flag?: string };

const records = (one: string, many = one): Words => ({ one: `record ${one}`, many: `records ${many}` });
const payloads = (one: string, many = one): Words => ({ one: `payload ${one}`, many: `payloads ${many}` });

const WORDS: Readonly<Record<RejectReason, Words>> = {
  json_syntax: records('is not valid JSON', 'are not valid JSON'),
  utf8: records('is not UTF-8', 'are not UTF-8'),
  unpaired_surrogate: records('contains an unpaired surrogate', 'contain an unpaired surrogate'),
  line_too_long: { ...records('is too long', 'are too long'), flag: '--max-line' },
  too_deep: records('is nested too deeply', 'are nested too deeply'),
  duplicate_key: records('has a JSON key twice, which --strict rejects', 'have a JSON key twice, which --strict rejects'),
  unknown_event: { ...records('is of an unknown kind', 'are of an unknown kind'), flag: '--ignore-unknown' },
  field_missing: records('lacks a field', 'lack a field'),
  field_type: records('has a field of the wrong type', 'have a field of the wrong type'),
  field_value: records('has a field with an invalid value', 'have a field with an invalid value'),
  unsafe_number: records('has a number too large to be exact', 'have a number too large to be exact'),
  number_range: records('has a number that DynamoDB cannot store', 'have a number that DynamoDB cannot store'),
  payload_length: { ...payloads('was cut by the recorder', 'were cut by the recorder'), flag: '--binary-payload' },
  key_empty: records('would have an empty key', 'would have an empty key'),
  key_too_long: records('would have a key that is too long', 'would have a key that is too long'),
  item_too_large: records('would not fit in an item of 400 KB', 'would not fit in an item of 400 KB'),
  msgid_conflict: records(
    'reuses a message id for other content, which --strict rejects',
    'reuse a message id for other content, which --strict rejects',
  ),
  topic_set_full: records('would not fit in the full item of a topic', 'would not fit in the full item of a topic'),
  refused: records('was refused by DynamoDB', 'were refused by DynamoDB'),
  unsent: records('was not sent', 'were not sent'),
};

const BINARY: Words = { ...payloads('is not UTF-8', 'are not UTF-8'), flag: '--binary-payload' };

/** What is said of one kind, in every command. */
export function rejectedText(sentence: string): string {
  return `rejected: ${sentence}`;
}

/** Counts rejects by what they say, and keeps the place of the first of each kind. */
export class RejectGroups {
  private readonly groups = new Map<Words, { count: number; first: string }>();

  /** Takes rejected records, each with its place. */
  take(rejects: readonly RejectedLine[]): void {
    for (const { reject, input, line } of rejects) this.add(reject, `${input === '-' ? 'stdin' : input}:${line.number}`);
  }

  /** `place` is where the record is, such as `events.jsonl:12`. */
  add(reject: Reject, place: string): void {
    const words = wordsOf(reject);
    const group = this.groups.get(words);
    if (group) group.count += 1;
    else this.groups.set(words, { count: 1, first: place });
  }

  /** One sentence a kind, the most frequent first: `42 payloads are not UTF-8: --binary-payload (first: events.jsonl:12)`. */
  sentences(): string[] {
    const groups = [...this.groups].sort(([, a], [, b]) => b.count - a.count);
    return groups.map(([{ one, many, flag }, { count, first }]) => {
      const helps = flag === undefined ? '' : `: ${flag}`;
      return `${count} ${count === 1 ? one : many}${helps} (first: ${first})`;
    });
  }
}

/** A payload can be let through, other text of a record cannot; a record that was shortened before is not made whole by a flag. */
function wordsOf({ reason, detail }: Reject): Words {
  if (reason === 'utf8' && detail.includes('--binary-payload')) return BINARY;
  if (reason === 'line_too_long' && detail.startsWith('the reject file')) return SHORTENED;
  if (reason === 'payload_length' && / wrote 0 of /.test(detail)) return EMPTIED;
  return WORDS[reason];
}

const SHORTENED = records(
  'is too long for the reject file that it comes from',
  'are too long for the reject file that they come from',
);
const EMPTIED = payloads('was cut to nothing by the recorder', 'were cut to nothing by the recorder');
