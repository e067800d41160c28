import { describe, expect, it } from 'vitest';
import { BEGINNING, type OpenInput } from '../../../../src/app/replay/inputs.ts';
import { Window } from '../../../../src/app/replay/window.ts';
import { applyEvent } from '../../../../src/domain/hooks/apply.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';
import type { Refusal } from '../../../../src/dynamo/writer.ts';
import { LineSplitter, type Line } from '../../../../src/files/lines.ts';

const INPUT: OpenInput = {
  index: 0,
  name: '-',
  live: true,
  start: BEGINNING,
  fallbackMillis: undefined,
  blocks: (async function* () {})(),
  framing: () => 'lines',
  bytesRead: () => 0,
};
const BLOCK = 1 << 20;

/** The second of many lines that came as one block. */
function lineOfBlock(): Line {
  const block = Buffer.from('{"a":1}\n'.repeat(BLOCK / 8));
  return new LineSplitter(1 << 16, { offset: 0, number: 1 }).push(block)[1]!;
}

/** Everything that a line keeps alive, in bytes. */
const kept = (line: Line) =>
  line.bytes.buffer.byteLength + Object.values(line).filter((value) => typeof value === 'string').length * BLOCK;

const publish = (guid: string, payload = 'x') => {
  const message = { guid, topic: 't', sender: 's', qos: 1, retain: false, payload, arrivedMs: 1_714_727_730_250 };
  const effect = applyEvent(
    { hook: 'message.publish', message },
    { rules: DEFAULT_RULES, timeUnit: 's', binaryPayload: 'reject' },
  );
  if ('reject' in effect) throw new Error(effect.reject.detail);
  return effect;
};
const guidOf = (index: number) => `00061789293F818B6E0B00001A2B${String(index).padStart(4, '0')}`;

describe('a window', () => {
  it('keeps of a rejected line what belongs to it, not the block that it came in', () => {
    const window = new Window(INPUT, BEGINNING, { events: 100, bytes: BLOCK });
    window.reject({ line: lineOfBlock(), reject: { reason: 'json_syntax', detail: '' } });
    expect(window.rejects[0]!.line.bytes.toString()).toBe('{"a":1}');
    expect(kept(window.rejects[0]!.line)).toBeLessThan(BLOCK / 8);
  });

  it('keeps of an event that cannot be read again its own line', async () => {
    const window = new Window(INPUT, BEGINNING, { events: 100, bytes: BLOCK });
    window.apply(lineOfBlock(), publish(guidOf(1)));
    const [write] = window.takeWrites();
    await window.settle([{ write: write!, events: [0], reason: 'refused', detail: '' }]);
    expect(window.rejects[0]!.line).toMatchObject({ number: 2, offset: 8, end: 16 });
    expect(kept(window.rejects[0]!.line)).toBeLessThan(BLOCK / 8);
  });

  it('keeps nothing of the writes that it has handed over, and yet accounts for each event', async () => {
    const window = new Window(INPUT, BEGINNING, { events: 100, bytes: BLOCK });
    for (const index of [1, 2, 2]) window.apply(lineOfBlock(), publish(guidOf(index)));
    expect(window.takeWrites().map(({ table, events }) => [table, events])).toEqual([
      ['mqtt_msg', [0]],
      ['mqtt_msg', [2]],
      ['mqtt_topic_msg_map', [0, 2]],
    ]);
    expect(window.hasWrites).toBe(false);
    await window.settle([]);
    expect(window.counts).toMatchObject({ applied: 2, superseded: 1, rejected: 0 });
  });

  it('names the tables of an event that took its writes, beside all that refused them', async () => {
    const window = new Window(INPUT, BEGINNING, { events: 100, bytes: BLOCK });
    window.apply(lineOfBlock(), publish(guidOf(1)));
    window.apply(lineOfBlock(), publish(guidOf(2)));
    const writes = window.takeWrites();
    const refuse = (table: string, events: number[]): Refusal => ({
      write: writes.find((write) => write.table === table)!,
      events,
      reason: 'refused',
      detail: '',
    });
    await window.settle([refuse('mqtt_msg', [0]), refuse('mqtt_topic_msg_map', [0, 1])]);
    expect(window.rejects.map(({ table, applied }) => [table, applied])).toEqual([
      ['mqtt_topic_msg_map', undefined],
      ['mqtt_topic_msg_map', ['mqtt_msg']],
    ]);
  });
});
