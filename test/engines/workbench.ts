import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import { runCommand, type RunOptions, type RunResult } from '../harness/run-command.ts';
import type { Engine, EngineKind } from './engine.ts';

export const TABLES = ['mqtt_acked', 'mqtt_client', 'mqtt_msg', 'mqtt_retain', 'mqtt_sub', 'mqtt_topic_msg_map'];

export type Workbench = ReturnType<typeof makeWorkbench>;

/** An engine that runs while the tests of this block do, with what they need to work on it and to look at it. */
export function makeWorkbench({ start, differences }: EngineKind) {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'mqdyn-engine-'));
  beforeAll(async () => {
    engine = await start();
  }, 90_000);
  afterAll(async () => {
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = <T>(question: (client: DynamoDBClient) => Promise<T>): Promise<T> => engine.ask(question);

  const run = (command: Parameters<typeof runCommand>[0], args: string[], options?: RunOptions) =>
    runCommand(command, [...args, ...engine.flags], options);

  /** Runs a command that has to end well and gives back its JSON. */
  async function done<T>(command: Parameters<typeof runCommand>[0], args: string[], options?: RunOptions): Promise<T> {
    const result = await run(command, [...args, '--json'], options);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: result.stderr });
    return JSON.parse(result.stdout) as T;
  }

  /** Replays lines. */
  const replay = (lines: readonly object[]): Promise<RunResult> =>
    replayFile('-', [], { stdin: lines.map((line) => `${JSON.stringify(line)}\n`).join('') });

  /** Replays a file, with what it leaves in a folder of this engine: several engines are at the same file at a time. */
  function replayFile(file: string, args: string[] = [], options?: RunOptions): Promise<RunResult> {
    // rejects of one input are not replaced by those of another
    rmSync(join(folder, 'rejects.jsonl'), { force: true });
    const own = file === '-' ? [] : ['--checkpoint', join(folder, 'checkpoint')];
    return run(Replay, [file, '--json', '--rejects', join(folder, 'rejects.jsonl'), ...own, ...args], options);
  }

  const rejects = () =>
    readFileSync(join(folder, 'rejects.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; reason: string; table: string; applied: string[] });

  /** Every item of a table in the service's own form, sorted. */
  async function itemsOf(TableName: string): Promise<Record<string, AttributeValue>[]> {
    const read = new ScanCommand({ TableName, ConsistentRead: true });
    const { Items: items = [], LastEvaluatedKey } = await ask((client) => client.send(read));
    expect(LastEvaluatedKey, 'the table is one page').toBeUndefined();
    return items.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  /** Every item of a table as the document client gives it. */
  async function documentsOf(TableName: string): Promise<Record<string, unknown>[]> {
    return ask(async (client) => {
      const found: Record<string, unknown>[] = [];
      for await (const page of paginateScan({ client: DynamoDBDocumentClient.from(client) }, { TableName })) {
        found.push(...(page.Items ?? []));
      }
      return found;
    });
  }

  function expectScanned(scanned: number, items: number): void {
    if (differences.scansOneTooMany) expect(scanned).toBeGreaterThan(items);
    else expect(scanned).toBe(items);
  }

  async function emptyTables(): Promise<void> {
    await done(TablesDrop, ['--all', '--yes']);
    await done(TablesCreate, []);
  }

  return { differences, folder, ask, run, done, replay, replayFile, rejects, itemsOf, documentsOf, expectScanned, emptyTables };
}

export function sorted<T>(members: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}
