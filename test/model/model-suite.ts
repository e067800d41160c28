import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { FileReplay } from '../../src/app/replay/write-replay.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import type { Keys } from '../../src/dynamo/raw-operations.ts';
import { encodeMsgid } from '../../src/domain/mqtt/msgid.ts';
import type { Item } from '../../src/domain/item.ts';
import { scanAll } from '../harness/memory-engine.ts';
import { asLines, replayOptionsOf, TABLES } from '../harness/replay-run.ts';
import { SEED } from '../harness/seed.ts';
import { comparableRows, ReferenceModel } from './reference-model.ts';
import { drafts, eventsOf, keysOf, messageIds, runShape, type Draft } from './streams.ts';

/** Streams of one test. */
export function streamCount(byDefault: number): number {
  return Math.max(1, Math.round(Number(process.env['MQDYN_TEST_STREAMS'] ?? 120) * (byDefault / 200)));
}

type Shape = { events: number; concurrency: number; chunk: number };

/** Runs random streams, each in a namespace of its own of the same tables, and compares every one with the reference. */
export class ModelRun {
  private readonly dynamo: Dynamo;
  private readonly reader: Dynamo;
  readonly emptyPayloads: boolean;
  private readonly folder = mkdtempSync(join(tmpdir(), 'mqdyn-model-'));
  private space = 0;
  private expected = 0;
  events = 0;
  streams = 0;
  requests = 0;
  reconciled = 0;

  /** `reader` reads the tables directly, past the faults of `dynamo`. */
  constructor(dynamo: Dynamo, reader: Dynamo = dynamo, emptyPayloads = true) {
    this.dynamo = dynamo;
    this.reader = reader;
    this.emptyPayloads = emptyPayloads;
  }

  /** An unused namespace. */
  nextSpace(): number {
    return (this.space += 1);
  }

  async check(stream: readonly Draft[], shape: Shape): Promise<void> {
    const space = this.nextSpace();
    const events = eventsOf(space, stream, this.emptyPayloads);
    const options = replayOptionsOf({
      stdin: Readable.from(pieces(Buffer.from(asLines(events)), shape.chunk)),
      rejects: join(this.folder, `${space}.rejects`),
      window: { events: shape.events, bytes: 1 << 20 },
      concurrency: shape.concurrency,
      preflight: false,
    });
    const { read, applied, superseded, skipped, rejected, writer, reconciled } = await new FileReplay(this.dynamo, options).run();
    expect({ read, sum: applied + superseded + skipped + rejected, rejected }).toEqual({
      read: events.length,
      sum: events.length,
      rejected: 0,
    });
    const reference = new ReferenceModel().applyAll(events).rows();
    expect(await this.rowsOf(space)).toEqual(reference);
    this.expected += reference.length;
    this.events += events.length;
    this.streams += 1;
    this.requests += writer.requests;
    this.reconciled += reconciled;
  }

  /** The tables hold only what the streams wrote. */
  async checkNothingElse(): Promise<void> {
    let rows = 0;
    for (const table of TABLES) rows += comparableRows(table, await scanAll(this.reader, table)).length;
    expect(rows).toBe(this.expected);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async rowsOf(space: number): Promise<string[]> {
    const keys = keysOf(space);
    const all: Record<string, Item[]> = {
      ...keys,
      mqtt_msg: messageIds(space).map((id) => ({ msgid: { S: encodeMsgid(BigInt(`0x${id}`)) } })),
    };
    const rows: string[] = [];
    let asked: Record<string, Keys> = Object.fromEntries(
      Object.entries(all).map(([table, Keys]) => [table, { Keys, ConsistentRead: true }]),
    );
    while (Object.keys(asked).length > 0) {
      const reply = await this.reader.call('BatchGetItem', { RequestItems: asked });
      for (const [table, items] of Object.entries(reply.Responses!)) rows.push(...comparableRows(table, items));
      asked = reply.UnprocessedKeys ?? {};
    }
    return rows.sort();
  }
}

/** Checks so many streams; a failure names the seed and the smallest stream that still fails. */
export async function checkStreams(run: ModelRun, count: number, title: string, seed = SEED): Promise<void> {
  const property = fc.asyncProperty(drafts, runShape, (stream, shape) => run.check(stream, shape));
  await fc.assert(property, { numRuns: count, seed, endOnFailure: process.env['MQDYN_TEST_SHRINK'] === 'no' });
  await run.checkNothingElse();
  console.log(
    `${title}: ${run.streams} streams, ${run.events} events, ${run.requests} requests, ${run.reconciled} reconciled, ` +
      `tables equal every time (seed ${seed})`,
  );
}

function pieces(bytes: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}
