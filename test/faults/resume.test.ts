import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findInput } from '../../src/files/input.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { asLines } from '../harness/replay-run.ts';
import { ack, publish, usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);

const suite = replaySuite();
afterEach(() => vi.restoreAllMocks());

/** A fixture whose recording goes on in a second file. */
async function twoFiles(first: string, second: string) {
  const fixture = await suite.open(first);
  const other = join(fixture.folder.path, 'second.jsonl');
  writeFileSync(other, second);
  const inputs = async () => [await findInput(fixture.recording.file), await findInput(other)];
  return { fixture, replay: async (options = {}) => fixture.replay({ inputs: await inputs(), ...options }) };
}

describe('a checkpoint', () => {
  const [first, second] = [LOG.slice(0, 90), LOG.slice(90)];

  it('does not pass an unfinished record at the end of the first file (fault 1)', async () => {
    const text = asLines(first);
    const { fixture, replay } = await twoFiles(text.slice(0, -20), asLines(second));
    const { code, error } = await replay();
    expect([code, error?.code]).toEqual([3, 'E_TAIL']);
    expect(fixture.recording.saved()).toMatchObject({ position: { input: 0, number: 90 }, done: false });
    appendFileSync(fixture.recording.file, text.slice(-20));
    const again = await replay({ resume: true });
    expect([again.code, again.result?.read]).toEqual([0, LOG.length]);
    await fixture.expectEqual(LOG);
  });

  it('goes back to a file that has grown since it was read (fault 1)', async () => {
    const { fixture, replay } = await twoFiles(asLines(first.slice(0, -3)), asLines(second));
    expect((await replay()).code).toBe(0);
    appendFileSync(fixture.recording.file, asLines(first.slice(-3)));
    const again = await replay({ resume: true });
    expect([again.code, again.result?.read]).toEqual([0, LOG.length]);
    expect(again.notices.join()).toContain(`${fixture.recording.file} has grown since it was read; resuming at byte`);
    await fixture.expectEqual(LOG);
  });

  it('of an unfinished run of another input is refused, names that input and is kept (fault 5)', async () => {
    const fixture = await suite.open(asLines(LOG));
    await fixture.stopAfterSomeWrites();
    const before = readFileSync(fixture.recording.checkpoint, 'utf8');
    mkdirSync(join(fixture.folder.path, 'tuesday'));
    const other = join(fixture.folder.path, 'tuesday', 'log.jsonl');
    writeFileSync(other, asLines([publish(1)]));
    const { code, error } = await fixture.replay({ inputs: [await findInput(other)] });
    expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(error?.message).toContain(`belongs to an unfinished replay of ${fixture.recording.file}`);
    expect(readFileSync(fixture.recording.checkpoint, 'utf8')).toBe(before);
    expect((await fixture.replay({ inputs: [await findInput(other)], restart: true })).code).toBe(0);
  });

  it('does not overwrite the rejects of another input (fault 5)', async () => {
    const fixture = await suite.open(
      '{"event":"client.danced"}\n{"event":"client.connected","clientid":"c","timestamp":1714727730000}\n',
    );
    expect((await fixture.replay()).code).toBe(3);
    const before = readFileSync(fixture.recording.rejects, 'utf8');
    const other = join(fixture.folder.path, 'other.jsonl');
    writeFileSync(other, asLines([publish(1)]));
    const { code, error } = await fixture.replay({ inputs: [await findInput(other)] });
    expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(error?.message).toContain(`holds rejects of ${fixture.recording.file}`);
    expect(readFileSync(fixture.recording.rejects, 'utf8')).toBe(before);
  });

  it('of an unfinished run is not replaced silently: the message offers --resume (fault 32)', async () => {
    const fixture = await suite.open(asLines(LOG));
    await fixture.stopAfterSomeWrites();
    const { code, error } = await fixture.replay();
    expect([code, error?.code, error?.hint]).toEqual([
      11,
      'E_UNFINISHED',
      'Continue with --resume, or start over with --restart.',
    ]);
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect((await fixture.resume()).code).toBe(0);
    await fixture.expectEqual(LOG);
  });

  it('of a finished run says that it is done, and --resume writes nothing again (fault 32)', async () => {
    const fixture = await suite.open(asLines(LOG));
    expect((await fixture.replay()).code).toBe(0);
    fixture.proxy.reset();
    const { code, result, notices } = await fixture.resume();
    expect([code, result?.read]).toEqual([0, LOG.length]);
    expect(notices[0]).toContain(`${fixture.recording.file} was already replayed to its end; resuming at`);
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
  });
});

describe('every member of a checkpoint', () => {
  /** Every value that differs from the given one in one place. */
  function* altered(value: unknown): Generator {
    if (typeof value === 'number') yield* [value + 1, -1, null];
    else if (typeof value === 'string') yield* [`${value}x`, '', 7];
    else if (typeof value === 'boolean') yield !value;
    else if (value === null) yield 'x';
    else {
      for (const [name, member] of Object.entries(value as object)) {
        const copy = () => structuredClone(value) as Record<string, unknown>;
        for (const other of altered(member)) yield Object.assign(copy(), { [name]: other });
        const without = copy();
        delete without[name];
        yield Array.isArray(value) ? value.filter((_, index) => String(index) !== name) : without;
      }
    }
  }

  it('is protected: any alteration is refused or has no effect (fault 15)', async () => {
    const fixture = await suite.open(`{"event":"client.danced"}\n${asLines(LOG)}`);
    await fixture.stopAfterSomeWrites();
    const { checkpoint } = fixture.recording;
    const text = readFileSync(checkpoint, 'utf8');
    let refused = 0;
    for (const other of altered(JSON.parse(text))) {
      writeFileSync(checkpoint, JSON.stringify(other));
      const { error } = await fixture.replay({ resume: true });
      // a file without the first member is not recognised as a checkpoint
      const is = 'checkpoint' in (other as object) ? 'E_CHECKPOINT' : 'E_USAGE';
      expect([JSON.stringify(other), error?.code]).toEqual([JSON.stringify(other), is]);
      refused += 1;
    }
    for (let at = 0; at < text.length - 1; at += 7) {
      writeFileSync(checkpoint, text.slice(0, at));
      // an empty file is one that a run has only opened
      if (at > 0) expect((await fixture.replay({ resume: true })).error?.code).toBe('E_CHECKPOINT');
    }
    expect(refused).toBeGreaterThan(150);
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    // white space does not matter
    writeFileSync(checkpoint, text.replaceAll('":{', '": {'));
    const { code } = await fixture.replay({ resume: true });
    expect(code).toBe(3);
    await fixture.expectEqual(LOG);
    console.log(`checkpoint: ${refused} alterations of a member, all refused`);
  });
});

describe('a run', () => {
  it('is not ended by a clock that jumps (fault 8)', async () => {
    const fixture = await suite.open(LOG);
    let ahead = 0;
    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
    fixture.proxy.plan = ({ operation, index }) => {
      // as after a laptop slept for a day
      if (isWrite(operation)) ahead += 86_400_000;
      return isWrite(operation) && index % 3 === 0 ? { kind: 'reset-before' } : undefined;
    };
    expect((await fixture.replay({ retryForMs: 2_000 })).code).toBe(0);
    await fixture.expectDone();
  });

  it('stops within seconds while it waits to compare topics, the endpoint gone (fault 6)', async () => {
    const stop = new AbortController();
    const topic = 't';
    const log = [publish(1, { topic }), publish(2, { topic }), ack(1, { topic })];
    let updates = 0;
    const fixture = await suite.open(log, {
      requestTimeoutMs: 500,
      plan: ({ operation }) => {
        if (operation === 'GetItem') return { kind: 'reset-before' };
        return operation === 'UpdateItem' && (updates += 1) === 1 ? { kind: 'reset-after' } : undefined;
      },
    });
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && operation === 'GetItem') stop.abort(new Error('stopped'));
    };
    const started = performance.now();
    await expect(fixture.replay({ retryForMs: 60_000, signal: stop.signal })).rejects.toThrow('stopped');
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('with one unconfirmed call clears the keys of that call within seconds (fault 33)', async () => {
    const log = Array.from({ length: 400 }, (_, index) => (index % 2 ? ack(index - 1) : publish(index)));
    let failed = false;
    const fixture = await suite.open(log, {
      plan: ({ operation }) => {
        if (failed || operation !== 'UpdateItem') return undefined;
        failed = true;
        return { kind: 'reset-after' };
      },
    });
    const sizes: number[] = [];
    fixture.proxy.watch = () => {
      if (existsSync(fixture.recording.checkpoint)) sizes.push(readFileSync(fixture.recording.checkpoint).length);
    };
    expect((await fixture.replay()).code).toBe(0);
    expect(failed).toBe(true);
    expect(Math.max(...sizes)).toBeLessThan(5_000);
    // compared once, not at the end of the run
    expect(fixture.proxy.calls['GetItem']).toBe(1);
    const compared = fixture.proxy.history.findIndex(({ operation }) => operation === 'GetItem');
    expect(fixture.proxy.history.slice(compared).filter(({ operation }) => isWrite(operation)).length).toBeGreaterThan(20);
    await fixture.expectDone();
  });

  it('that is stopped reports what it has read but not settled (fault 32)', async () => {
    const fixture = await suite.open(LOG);
    const stop = new AbortController();
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) stop.abort(new Error('stopped'));
    };
    const notices: string[] = [];
    const notice = (sentence: string) => notices.push(sentence);
    await expect(fixture.replay({ signal: stop.signal, window: { events: 1_000, bytes: 1 << 20 }, notice })).rejects.toThrow(
      'stopped',
    );
    expect(notices.join()).toMatch(/read 200 = applied 0 \+ superseded 0 \+ skipped 0 \+ rejected 0 \+ unsettled 200/);
  });
});
