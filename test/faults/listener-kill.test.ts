import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { start, type Spawned } from '../harness/built.ts';
import { chance, isWrite, type FaultPlan } from '../harness/fault-proxy.ts';
import { createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { RawClient } from '../harness/raw-client.ts';
import { SEED } from '../harness/seed.ts';
import { ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { liveRows, Recording } from '../harness/replay-run.ts';
import type { RuleEvent } from '../model/reference-model.ts';

const KILLS = Number(process.env['MQDYN_TEST_KILLS'] ?? 2);
const CLIENTS = 6;
/** Of each client, for each kill: enough that every life of the program has some. */
const EVENTS = 40;

let engine: MemoryEngine;
let fixture: ReplayFixture;
let program: Spawned;
let url: string;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(() => fixture?.close());

/** Events of one client, that touch no key of another one's. */
function logOf(client: number): RuleEvent[] {
  return usualLog(EVENTS * (KILLS + 1), SEED + client).map((event) => ({
    ...event,
    ...(event.id === undefined ? {} : { id: event.id.slice(0, 22) + client.toString(16).padStart(2, '0') + event.id.slice(24) }),
    ...(event.topic === undefined ? {} : { topic: `${event.topic}/${client}` }),
    clientid: `client-${client}`,
  }));
}

/** Writes that are throttled, taken in part, slow, and a few whose outcome is unknown: after those the program waits two seconds. */
const trouble: FaultPlan = ({ index, operation }) => {
  if (!isWrite(operation)) return undefined;
  const dice = chance(SEED, index);
  if (dice < 0.03) return { kind: 'error', name: 'ProvisionedThroughputExceededException' };
  if (dice < 0.05) return { kind: 'unprocessed', left: (position) => position % 2 === 0 };
  if (dice < 0.054) return { kind: 'error', name: 'InternalServerError', status: 500 };
  if (dice < 0.058) return { kind: 'reset-after' };
  return dice < 0.12 ? { kind: 'slow', ms: 30 } : undefined;
};

async function up(flags: readonly string[]): Promise<void> {
  const args = ['--listen', '127.0.0.1:0', '--rejects', fixture.recording.rejects, ...flags, ...fixture.target];
  program = start(['replay', ...args], { env: { NODE_ENV: 'test' } });
  for (let tries = 0; tries < 400; tries += 1) {
    const [, found] = /listening on (http:\S+)/.exec(program.stderr()) ?? [];
    if (found !== undefined) {
      url = found;
      return;
    }
    await delay(25);
  }
  throw new Error(`it never listened: ${program.stderr()}`);
}

/** What the clients have seen answered 2xx, how all was answered, and how often the program was killed. */
type Posting = { acknowledged: RuleEvent[]; counts: Record<string, number>; kills: number };

/** Posts events in order until the kills are over, one or a few at a time, and each again until it is answered 2xx, as a broker does. */
async function post(client: number, run: Posting): Promise<void> {
  const log = logOf(client);
  let http: RawClient | undefined;
  let used = '';
  let sent = 0;
  // what was sent and not answered may have been applied, and is never given up
  let tried = EVENTS;
  for (let at = 0; at < (run.kills === KILLS ? tried : log.length);) {
    const dice = (salt: number) => chance(SEED + salt + client * 1_000, (sent += 1));
    const some = log.slice(at, at + 1 + Math.floor(dice(1) * 4));
    if (http === undefined || used !== url) http = new RawClient((used = url));
    const answer = http.post(JSON.stringify(some.length === 1 ? some[0] : some));
    if (dice(2) < 0.05) {
      const cut = http;
      void delay(dice(3) * 5).then(() => cut.reset());
    }
    tried = Math.max(tried, at + some.length);
    const { status } = await answer;
    run.counts[status] = (run.counts[status] ?? 0) + 1;
    if (status === 200) {
      run.acknowledged.push(...some);
      at += some.length;
    } else {
      expect([0, 503]).toContain(status);
      http.reset();
      http = undefined;
      await delay(20);
    }
    // spread over the lives of the program
    await delay(dice(4) * 10);
  }
}

describe('L8 kill -9 of a listener', () => {
  it.each([
    ['with a spool', true],
    ['without one', false],
  ])(
    `L8 %s, at ${KILLS} random moments, with resets and a troubled endpoint: what was answered 2xx is in the tables`,
    async (_, spools) => {
      fixture = await ReplayFixture.open(engine, [], { plan: trouble });
      const flags = spools ? ['--spool', join(fixture.folder.path, 'spool')] : [];
      await up(flags);
      const run: Posting = { acknowledged: [], counts: {}, kills: 0 };
      const { acknowledged, counts } = run;
      let posting = true;
      const posted = Promise.all(Array.from({ length: CLIENTS }, (__, client) => post(client, run))).finally(() => {
        posting = false;
      });
      for (let index = 0; index < KILLS && posting; index += 1) {
        await Promise.race([delay(100 + chance(SEED, 90_000 + index) * 500), posted]);
        if (!posting) break;
        program.child.kill('SIGKILL');
        expect((await program.ended).signal).toBe('SIGKILL');
        await up(flags);
        run.kills += 1;
      }
      await posted;
      const idle = async () => /waiting_events 0\n[^]*spool_bytes 0\n/.test((await new RawClient(url).get('/metrics')).body);
      while (!(await idle())) await delay(50);
      program.child.kill('SIGTERM');
      const { signal, stderr } = await program.ended;
      expect([signal, stderr]).toEqual(['SIGTERM', expect.stringContaining('stopped; read')]);
      expect(stderr).not.toContain('unsettled');
      const isAll = acknowledged.length === CLIENTS * EVENTS * (KILLS + 1);
      expect([run.kills === KILLS || isAll, acknowledged.length >= CLIENTS * EVENTS]).toEqual([true, true]);
      expect(fixture.recording.rejected()).toEqual([]);
      await fixture.expectEqual(acknowledged);

      const prefix = `${fixture.prefix}file-`;
      await createTables(fixture.direct, prefix);
      const file = new Recording(fixture.folder.path, acknowledged, 'acknowledged.jsonl');
      expect((await file.replay(fixture.direct, { liveName: (table) => prefix + table })).code).toBe(0);
      expect(await fixture.rows()).toEqual(await liveRows(fixture.direct, prefix));
      console.log(
        `listener ${spools ? 'with a spool' : 'without a spool'}: ${acknowledged.length} events over ${CLIENTS} connections, ${run.kills} kills, ` +
          `answers ${JSON.stringify(counts)}, nothing lost (seed ${SEED})`,
      );
    },
    600_000,
  );
});
