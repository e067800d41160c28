import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { addCounts, noEvents } from '../../src/app/replay/counts.ts';
import { ReplayInputs } from '../../src/app/replay/inputs.ts';
import { windows } from '../../src/app/replay/windows.ts';
import { TableState } from '../../src/domain/hooks/table-state.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../../src/domain/item.ts';
import { KEYS } from '../../src/domain/records/tables.ts';
import type { RejectedLine } from '../../src/files/rejects.ts';
import { malformedLines, mutants } from '../harness/malformed.ts';
import { replayOptionsOf } from '../harness/replay-run.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { SEED } from '../harness/seed.ts';

const MALFORMED = Number(process.env['MQDYN_TEST_MALFORMED'] ?? 300);
const MUTANTS = Number(process.env['MQDYN_TEST_MUTANTS'] ?? 2_000);

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype];
const LF = Buffer.from('\n');
const GOOD = Buffer.from(JSON.stringify(usualLog(30).find(({ event }) => event === 'message.publish')));

/** A whole replay without the network: decoding, rules, folding, accounting. Every write is checked. */
async function account(lines: readonly Buffer[]) {
  const content = Buffer.concat(lines.flatMap((line) => [line, LF]));
  const rejects: RejectedLine[] = [];
  const state = new TableState();
  const options = replayOptionsOf({
    stdin: Readable.from([content]),
    maxRejects: Infinity,
    window: { events: 500, bytes: 8 << 20 },
  });
  const counts = noEvents();
  for await (const window of windows(new ReplayInputs(options), options)) {
    const writes = window.takeWrites();
    for (const write of writes) {
      state.apply(write);
      // no write is sent that DynamoDB would refuse
      for (const [position, name] of KEYS[write.table].entries()) {
        const bytes = itemBytes({ '': write.key[name]! });
        expect(bytes).toBeGreaterThan(0);
        expect(bytes).toBeLessThanOrEqual(position === 0 ? 2_048 : 1_024);
      }
      if (write.kind === 'put') expect(itemBytes(write.item)).toBeLessThanOrEqual(MAX_ITEM_BYTES);
      expect(JSON.stringify(write)).toSatisfy((text: string) => text.isWellFormed());
    }
    await window.settle([]);
    rejects.push(...window.newRejects());
    addCounts(counts, window.counts);
  }
  return { counts, rejects, content };
}

/** The number of lines that are not blank, counted independently of the program. */
function linesIn(content: Buffer): number {
  const lines = content.toString('latin1').split('\n');
  lines[0] = lines[0]!.replace(/^\u00ef\u00bb\u00bf/, '');
  return lines.filter((line) => /[^ \t\r]/.test(line)).length;
}

describe('malformed input', () => {
  it('every line is accounted for exactly once, nothing crashes, no prototype changes', async () => {
    const before = PROTOTYPES.map((prototype) => Object.getOwnPropertyNames(prototype).sort().join());
    const malformed = malformedLines(MALFORMED).map((line) => Buffer.from(line));
    const mutated = mutants(MUTANTS, SEED);
    // a valid line first, or the file would be refused as no log
    const { counts, rejects, content } = await account([GOOD, ...malformed, ...mutated, GOOD]);
    const { read, applied, superseded, skipped, rejected } = counts;
    expect(read).toBe(linesIn(content));
    expect(applied + superseded + skipped + rejected).toBe(read);
    expect(rejects).toHaveLength(rejected);
    const numbers = rejects.map(({ line }) => line.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(PROTOTYPES.map((prototype) => Object.getOwnPropertyNames(prototype).sort().join())).toEqual(before);
    const reasons = new Map<string, number>();
    for (const { reject } of rejects) reasons.set(reject.reason, (reasons.get(reject.reason) ?? 0) + 1);
    expect(rejected).toBeGreaterThan((MALFORMED + MUTANTS) / 10);
    expect(reasons.size).toBeGreaterThan(5);
    console.log(
      `malformed: ${MALFORMED} cases and ${MUTANTS} mutants, ${read} lines = ${applied} applied + ${superseded} superseded + ` +
        `${skipped} skipped + ${rejected} rejected (${[...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ')}), ` +
        `0 crashes (seed ${SEED})`,
    );
  }, 600_000);
});
