import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import type { ReplayFilesOptions } from '../../src/app/replay/write-replay.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { ReferenceModel, type RuleEvent } from '../model/reference-model.ts';
import { start, type Spawned, type SpawnOptions } from './built.ts';
import { chance, FaultProxy, isWrite, type FaultPlan } from './fault-proxy.ts';
import { connectTo, createTables, type MemoryEngine } from './memory-engine.ts';
import { liveRows, Recording, type Ended } from './replay-run.ts';
import { runCommand, temporaryFolder, type RunOptions, type RunResult } from './run-command.ts';

const START = 1_714_727_730_250;
/** Small windows, so that a run of a few hundred events has several. */
const WINDOW = { events: 20, bytes: 1 << 20 };
let prefixes = 0;

export function messageIdOf(index: number): string {
  return `00061789293F818B6E0B00001A${index.toString(16).padStart(6, '0')}`.toUpperCase();
}

export function publish(index: number, members: Partial<RuleEvent> = {}): RuleEvent {
  return {
    event: 'message.publish',
    id: messageIdOf(index),
    clientid: `sensor-${index % 5}`,
    topic: `plant/${index % 7}`,
    qos: 1,
    flags: { retain: false },
    payload: `payload ${index}`,
    publish_received_at: START + index * 1_000,
    timestamp: START + index * 1_000,
    ...members,
  };
}

export function ack(index: number, members: Partial<RuleEvent> = {}): RuleEvent {
  const { id, topic } = publish(index);
  return { event: 'message.acked', id: id!, topic: topic!, clientid: 'panel-1', timestamp: START + index * 1_000, ...members };
}

/** Events that touch every table that a replay writes, always the same for the same seed. */
export function usualLog(count: number, seed = 1): RuleEvent[] {
  return Array.from({ length: count }, (_, index): RuleEvent => {
    const dice = chance(seed, index);
    const timestamp = START + index * 1_000;
    const clientid = `sensor-${index % 5}`;
    if (dice < 0.1) return { event: 'client.connected', clientid, node: 'n1', timestamp };
    if (dice < 0.2) return { event: 'client.disconnected', clientid, reason: 'normal', timestamp };
    if (dice < 0.3) return publish(index, { qos: 0, flags: { retain: true }, payload: dice < 0.23 ? '' : 'state' });
    if (dice < 0.55 && index > 3) return ack(index - 3);
    if (dice < 0.6) return { event: 'session.unsubscribed', clientid: 'panel-1', topic: `plant/${index % 7}`, timestamp };
    return publish(index);
  });
}

type FixtureOptions = { plan?: FaultPlan; requestTimeoutMs?: number; name?: string };

/** Six empty tables with a prefix of their own, a proxy to them that can inject faults, and a recording. */
export class ReplayFixture {
  readonly prefix: string;
  readonly proxy: FaultProxy;
  readonly dynamo: Dynamo;
  readonly direct: Dynamo;
  readonly recording: Recording;
  readonly folder: ReturnType<typeof temporaryFolder>;
  /** What the recording holds; undefined where it was given as text. */
  readonly events: readonly RuleEvent[] | undefined;

  private constructor(made: Pick<ReplayFixture, 'prefix' | 'proxy' | 'dynamo' | 'direct' | 'recording' | 'folder' | 'events'>) {
    this.prefix = made.prefix;
    this.proxy = made.proxy;
    this.dynamo = made.dynamo;
    this.direct = made.direct;
    this.recording = made.recording;
    this.folder = made.folder;
    this.events = made.events;
  }

  static async open(
    engine: MemoryEngine,
    content: readonly RuleEvent[] | string | Uint8Array,
    { plan, requestTimeoutMs, name }: FixtureOptions = {},
  ): Promise<ReplayFixture> {
    const prefix = `p${(prefixes += 1)}-`;
    const direct = connectTo(engine.endpoint);
    await createTables(direct, prefix);
    const proxy = await FaultProxy.start(engine.endpoint, plan);
    const dynamo = connectTo(proxy.url, requestTimeoutMs === undefined ? {} : { requestTimeoutMs });
    const folder = temporaryFolder();
    const recording = new Recording(folder.path, content, name);
    const events = Array.isArray(content) ? (content as readonly RuleEvent[]) : undefined;
    return new ReplayFixture({ prefix, proxy, dynamo, direct, recording, folder, events });
  }

  replay(options: Partial<ReplayFilesOptions> = {}): Promise<Ended> {
    return this.recording.replay(this.dynamo, {
      liveName: (table) => this.prefix + table,
      window: WINDOW,
      ...options,
    });
  }

  resume(options: Partial<ReplayFilesOptions> = {}): Promise<Ended> {
    return this.replay({ ...options, resume: this.recording.isStarted() });
  }

  /** A run that stops after 30 writes because further ones are denied; afterwards they are allowed again. */
  async stopAfterSomeWrites(): Promise<void> {
    let writes = 0;
    this.proxy.plan = ({ operation }) =>
      isWrite(operation) && (writes += 1) > 30 ? { kind: 'error', name: 'AccessDeniedException' } : undefined;
    expect((await this.replay()).code).toBe(6);
    this.proxy.reset();
    expect(this.recording.saved()!.position.offset).toBeGreaterThan(0);
  }

  /** Runs the command in process with this fixture's target and files, unless the arguments name others. */
  command(args: string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const { file, rejects, checkpoint } = this.recording;
    const usual = ['--rejects', rejects, '--checkpoint', checkpoint, ...this.target];
    const own = usual.filter((_, at) => !args.includes(usual[at - (at % 2)]!));
    return runCommand(Replay, [file, ...own, ...args], options);
  }

  /** The built program, on this fixture's target and files. */
  start(args: string[] = [], options: SpawnOptions = {}): Spawned {
    const { file, rejects, checkpoint } = this.recording;
    return start(['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...this.target, ...args], options);
  }

  /** After a run that stopped, `--resume` completes the tables. */
  async expectCommandResumes(): Promise<RunResult> {
    expect(this.recording.rejected()).toEqual([]);
    expect(this.recording.saved()).toMatchObject({ done: false });
    this.proxy.reset();
    const result = await this.command(['--resume']);
    expect([result.code, result.stderr]).toEqual([0, result.stderr]);
    expect(this.recording.saved()).toMatchObject({ done: true });
    expect(existsSync(this.recording.rejects)).toBe(false);
    await this.expectEqual();
    return result;
  }

  /** The same without a checkpoint. */
  commandWithout(args: string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const { file, rejects } = this.recording;
    return runCommand(Replay, [file, '--rejects', rejects, ...this.target, '--json', ...args], options);
  }

  /** Replaces the content of the recording. */
  async rewrite(content: string): Promise<void> {
    await writeFile(this.recording.file, content);
  }

  get target(): string[] {
    return ['--endpoint-url', this.proxy.url, '--region', 'local', '--table-prefix', this.prefix];
  }

  rows(): Promise<string[]> {
    return liveRows(this.direct, this.prefix);
  }

  /** The tables hold what the reference model makes of the events. */
  async expectEqual(events = this.events!): Promise<void> {
    expect(await this.rows()).toEqual(new ReferenceModel().applyAll(events).rows());
  }

  /** The run is complete: the tables are equal, the checkpoint is done, and there is no reject file. */
  async expectDone(): Promise<void> {
    await this.expectEqual();
    expect(this.recording.rejected()).toEqual([]);
    expect(this.recording.saved()).toMatchObject({ done: true });
    expect(existsSync(this.recording.rejects)).toBe(false);
  }

  /** Everything before the checkpoint is in the tables, and nothing from after the window that follows it. */
  async expectStanding(window = WINDOW.events): Promise<void> {
    const settled = this.recording.saved()!.position.number - 1;
    const model = new ReferenceModel().applyAll(this.events!.slice(0, settled));
    const states = [factsOf(model.rows())];
    for (const event of this.events!.slice(settled, settled + window)) {
      model.apply(event);
      states.push(factsOf(model.rows()));
    }
    const live = factsOf(await this.rows());
    const always = [...states[0]!].filter((fact) => states.every((state) => state.has(fact)));
    expect(always.filter((fact) => !live.has(fact))).toEqual([]);
    expect([...live].filter((fact) => !states.some((state) => state.has(fact)))).toEqual([]);
  }

  async expectUntouched(): Promise<void> {
    expect(await this.rows()).toEqual([]);
    expect(existsSync(this.recording.rejects)).toBe(false);
    expect(existsSync(this.recording.checkpoint)).toBe(false);
  }

  /** The run stopped without a reject, and a resumed run completes the tables. */
  async expectResumable(): Promise<void> {
    expect(this.recording.rejected()).toEqual([]);
    expect(this.recording.saved()).toMatchObject({ done: false });
    await this.expectStanding();
    this.proxy.reset();
    const { code, error } = await this.resume();
    expect([code, error]).toEqual([0, undefined]);
    await this.expectDone();
  }

  async close(): Promise<void> {
    await this.proxy.stop();
    this.dynamo.close();
    this.direct.close();
    this.folder.remove();
  }
}

/** Rows, with each id of a topic on its own: a set changes in more than one step. */
function factsOf(rows: readonly string[]): Set<string> {
  return new Set(
    rows.flatMap((row) => {
      const [, members] = /^mqtt_topic_msg_map (.*)$/.exec(row) ?? [];
      if (members === undefined) return [row];
      const [[, ids], topic] = JSON.parse(members) as [['MsgId', { SS: string[] }], ['topic', object]];
      return ids.SS.map((id) => `mqtt_topic_msg_map ${JSON.stringify(topic)} ${id}`);
    }),
  );
}
