import { appendFileSync, chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/changes/change.ts';
import { s } from '../../../src/domain/item.ts';
import { Journal, journalBackwards, journalEntries } from '../../../src/files/journal.ts';
import { headLine } from '../../../src/files/journal-line.ts';
import { anyItem } from '../../harness/any-item.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let files = 0;
const fresh = () => join(folder.path, `journal-${(files += 1)}`);
const HEAD = { command: 'test', target: 'nowhere', at: '2026-01-01T00:00:00.000Z' };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(anyItem(), anyItem(), fc.constantFrom('made', 'replaced', 'deleted')).map(([before, after, how]): Change => ({
    kind: 'item',
    table: 'mqtt_msg',
    before: how === 'made' ? undefined : before,
    after: how === 'deleted' ? undefined : after,
  })),
  fc
    .tuple(fc.string(), fc.array(fc.string(), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([topic, ids, taken]): Change => ({
      kind: taken ? 'take-ids' : 'add-ids',
      table: 'mqtt_topic_msg_map',
      topic,
      ids,
    })),
);

async function backwards(path: string, blockBytes?: number): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const each of journalBackwards(path, blockBytes)) changes.push(each);
  return changes;
}

async function write(path: string, runs: readonly (readonly Change[])[]): Promise<void> {
  for (const changes of runs) {
    const journal = await Journal.open(path, HEAD);
    await journal.append(changes);
    await journal.close();
  }
}

describe('a journal', () => {
  it('is read backwards as it was written, in blocks of every size, over several runs', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 3 }), async (runs) => {
        const path = fresh();
        await write(path, runs);
        const all = runs.flat();
        if (all.length === 0) {
          expect(existsSync(path)).toBe(false);
          return;
        }
        const { size } = statSync(path);
        for (const blockBytes of [1, 2, 3, 7, 64, size - 1, size, size + 1, undefined]) {
          if (blockBytes !== undefined && blockBytes < 1) continue;
          expect(JSON.stringify(await backwards(path, blockBytes))).toBe(JSON.stringify(all.toReversed()));
        }
      }),
      { numRuns: 40 },
    ));

  it('tells where each line begins', async () => {
    const path = fresh();
    const changes: Change[] = ['ü', 'b', 'ccc'].map((topic) => ({
      kind: 'take-ids',
      table: 'mqtt_topic_msg_map',
      topic,
      ids: ['x'],
    }));
    await write(path, [changes]);
    const bytes = readFileSync(path);
    for await (const { change: each, at } of journalEntries(path, 5)) {
      const line = bytes.subarray(at, bytes.indexOf(0x0a, at)).toString('utf8');
      expect((JSON.parse(line) as { topic: string }).topic).toBe('topic' in each ? each.topic : '');
    }
  });

  it.each([1, 5, 20, 70])('is whole without what a killed run left of its last line: %i bytes', async (kept) => {
    const path = fresh();
    const taken: Change = { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic: 't', ids: ['a'] };
    await write(path, [[taken]]);
    const { size } = statSync(path);
    const line = `{"table":"mqtt_topic_msg_map","topic":"unfinished","taken":["b","c","d"]}\n`;
    appendFileSync(path, line.slice(0, kept));
    expect(await backwards(path)).toEqual([taken]);
    expect(await backwards(path, 3)).toEqual([taken]);
    const added: Change = { kind: 'add-ids', table: 'mqtt_topic_msg_map', topic: 't', ids: ['e'], existed: false };
    await write(path, [[added]]);
    expect(await backwards(path)).toEqual([added, taken]);
    expect(readFileSync(path).subarray(size).toString('utf8')).toMatch(/^\{"journal":1,/);
  });

  it('is cut off whole where its very first line was never finished', async () => {
    const path = fresh();
    writeFileSync(path, headLine(HEAD).slice(0, 30), { mode: 0o600 });
    expect(await backwards(path)).toEqual([]);
    await write(path, [[]]);
    expect(existsSync(path)).toBe(false);
  });

  it('passes over what was taken back', async () => {
    const path = fresh();
    const [one, two, three, four]: Change[] = ['1', '2', '3', '4'].map((topic) => ({
      kind: 'take-ids',
      table: 'mqtt_topic_msg_map',
      topic,
      ids: ['x'],
    }));
    await write(path, [[one!, two!, three!]]);
    const places = new Map<string, number>();
    for await (const { change: each, at } of journalEntries(path)) places.set('topic' in each ? each.topic : '', at);
    const journal = await Journal.open(path, HEAD);
    await journal.markRewound(places.get('3')!);
    await journal.markRewound(places.get('2')!);
    await journal.close();
    expect(await backwards(path)).toEqual([one]);
    expect(await backwards(path, 1)).toEqual([one]);
    // a later run writes behind it
    await write(path, [[four!]]);
    expect(await backwards(path)).toEqual([four, one]);
  });

  it('is readable by its owner alone', async () => {
    const path = fresh();
    const journal = await Journal.open(path, HEAD);
    await journal.append([{ kind: 'take-ids', table: 'mqtt_topic_msg_map', topic: 't', ids: ['a'] }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  it('is not written into another file, one that others may write to, or through a link', async () => {
    const foreign = fresh();
    writeFileSync(foreign, 'notes of mine\n', { mode: 0o600 });
    await expect(Journal.open(foreign, HEAD)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('is not a journal') as string,
    });
    expect(readFileSync(foreign, 'utf8')).toBe('notes of mine\n');
    const open = fresh();
    writeFileSync(open, '');
    chmodSync(open, 0o666);
    await expect(Journal.open(open, HEAD)).rejects.toMatchObject({ code: 'E_LOCKED' });
    const link = fresh();
    symlinkSync(foreign, link);
    await expect(Journal.open(link, HEAD)).rejects.toMatchObject({ code: 'E_LOCKED' });
  });

  it.each([
    ['notes\n', 'is not a journal'],
    ['{"journal":1}\nnonsense\n', 'is damaged: a line is not JSON'],
    ['{"journal":1}\n{"table":"other","Item":{}}\n', 'is damaged: a line is not a change'],
    ['{"journal":1}\n{"table":"mqtt_msg"}\n', 'is damaged: a line is not a change'],
    ['{"journal":1}\n{"table":"mqtt_msg","topic":"t","taken":["a"]}\n', 'is damaged: a line is not a change'],
  ])('that is none is refused: %j', async (content, message) => {
    const path = fresh();
    writeFileSync(path, content);
    await expect(backwards(path)).rejects.toMatchObject({ code: 'E_INPUT', message: expect.stringContaining(message) as string });
  });

  it('that is not there is refused', async () => {
    await expect(backwards(join(folder.path, 'none'))).rejects.toMatchObject({ code: 'E_INPUT' });
    await expect(backwards(folder.path)).rejects.toMatchObject({ code: 'E_INPUT' });
  });

  it('holds what the change itself needs', async () => {
    const path = fresh();
    const made: Change = { kind: 'item', table: 'mqtt_sub', before: undefined, after: { clientid: s('c'), topic: s('t') } };
    await write(path, [[made]]);
    expect(await backwards(path)).toEqual([made]);
  });
});
