import { MqdynError } from '../../domain/errors.ts';
import { keyInWords } from '../../domain/schema/definition.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import type { WriterCounts } from '../../dynamo/writer.ts';
import { loadCheckpoint, saveCheckpoint, tailDigest, type Checkpoint, type SettledAt } from '../../files/checkpoint.ts';
import { identify, type InputFile, type KnownInput } from '../../files/input.ts';
import type { EventCounts } from './counts.ts';
import type { Position } from './inputs.ts';
import { pairsOf } from '../../domain/pairs.ts';

/** Everything before `position` is settled: these counts of events, and so many bytes of rejects. */
export type Standing = { position: Position; counts: EventCounts; rejectBytes: number };

/** Where the end of an input was that a run is past, and the size of its file then. */
export type Passed = Standing & { size: number };

/** What a run that goes on starts from. */
export type Resumed = Standing & {
  passed: readonly Passed[];
  mtimes: readonly number[];
  writer: WriterCounts;
  done: boolean;
  /** What there is to say about where it goes on. */
  notice: string;
};

export type CheckpointFacts = {
  path: string;
  tool: string;
  inputs: readonly KnownInput[];
  label: string;
  tables: readonly LiveTable[];
  /** Options that change what is written, by the name of their flag. */
  options: Readonly<Record<string, unknown>>;
};

/**
 * Reads the checkpoint and makes sure that this run is the same one: input, target, tables and options. Undefined when there
 * is none: the run before stopped before anything was settled.
 */
export async function resume(facts: CheckpointFacts): Promise<Resumed | undefined> {
  const checkpoint = await loadCheckpoint<EventCounts, WriterCounts>(facts.path);
  if (checkpoint === undefined) return undefined;
  await refuseOtherInputs(checkpoint, facts);
  refuseOtherTarget(checkpoint, facts);
  refuseOtherOptions(checkpoint, facts);
  const sizes = facts.inputs.map(({ identity }) => identity.size);
  const passed = checkpoint.passed.map((at, input): Passed => ({ ...standingOf(at, input), size: at.size }));
  // what was added to an input after it was read comes before everything of the inputs behind it
  const grown = passed.findIndex(({ size }, input) => (sizes[input] ?? 0) > size);
  const standing = passed[grown] ?? standingOf(checkpoint.position, checkpoint.position.input);
  return {
    ...standing,
    passed: passed.slice(0, standing.position.input),
    mtimes: checkpoint.inputs.map(({ identity }) => identity.mtimeMs),
    writer: checkpoint.writer,
    done: checkpoint.done && grown < 0,
    notice: noticeOf(checkpoint, standing, facts, grown >= 0),
  };
}

/** A run that starts over must not do away with what another one has left. */
export async function refuseUnfinished(path: string, inputs: readonly InputFile[]): Promise<void> {
  const checkpoint = await loadCheckpoint(path);
  if (checkpoint === undefined || checkpoint.done) return;
  const [theirs, ours] = [checkpoint.inputs.map(({ identity }) => identity.path), inputs.map((input) => input.path)];
  if (JSON.stringify(theirs) !== JSON.stringify(ours)) {
    throw new MqdynError('E_MISMATCH', `the checkpoint ${path} belongs to an unfinished replay of ${theirs.join(', ')}`, {
      hint: 'Name another file with --checkpoint, or discard that one with --restart.',
    });
  }
  const { input, number } = checkpoint.position;
  throw new MqdynError('E_UNFINISHED', `an earlier replay stopped at line ${number} of ${checkpoint.inputs[input]?.name}`);
}

function standingOf({ offset, number, framing, counts, rejectBytes }: SettledAt<EventCounts>, input: number): Standing {
  return { position: { input, offset, number, framing }, counts, rejectBytes };
}

function noticeOf({ done, inputs }: Checkpoint, { position }: Standing, facts: CheckpointFacts, grown: boolean): string {
  const where = `byte ${position.offset} (line ${position.number})`;
  if (grown) return `${inputs[position.input]?.name} has grown since it was read; resuming at ${where}`;
  if (!done) return `resuming at ${where}`;
  const name = facts.inputs.map((input) => input.name).join(', ');
  return `${name} was already replayed to its end; resuming at ${where} for what has been added since`;
}

/** Saves where a run is. Everything that the checkpoint speaks of is durable already. */
export async function saveProgress(
  facts: CheckpointFacts,
  state: Standing & {
    passed: readonly Passed[];
    mtimes: readonly number[] | undefined;
    writer: WriterCounts;
    rejects: string;
    done: boolean;
  },
): Promise<void> {
  const { position, passed, writer, rejects, done } = state;
  const input = facts.inputs[position.input];
  if (input === undefined) throw new Error(`there is no input ${position.input}`);
  await saveCheckpoint(facts.path, {
    tool: facts.tool,
    savedAt: new Date().toISOString(),
    inputs: facts.inputs.map(({ name, identity }, index) => ({
      name,
      identity: { ...identity, mtimeMs: state.mtimes?.[index] ?? identity.mtimeMs },
    })),
    position: { ...position, counts: state.counts, rejectBytes: state.rejectBytes },
    passed: passed.map(({ position: { offset, number, framing }, counts, rejectBytes, size }) => ({
      offset,
      number,
      framing,
      counts,
      rejectBytes,
      size,
    })),
    tail: await tail(input, position.offset),
    target: { label: facts.label, tables: facts.tables.map(tableIdentity) },
    options: { ...facts.options },
    rejects,
    writer,
    done,
  });
}

/** Digest of what is before the position; offsets of a gzipped file are not its own. */
async function tail({ identity, name }: KnownInput, offset: number): Promise<string | null> {
  if (identity.gzipped) return null;
  const { size, inode } = await identify(identity.path, 0);
  if (inode !== identity.inode) throw new MqdynError('E_INPUT_CHANGED', `${name} was replaced while it was being read`);
  if (size < offset) throw new MqdynError('E_INPUT_CHANGED', `${name} became shorter while it was being read`);
  return tailDigest(identity.path, offset);
}

async function refuseOtherInputs(checkpoint: Checkpoint, facts: CheckpointFacts): Promise<void> {
  const { inputs, position } = checkpoint;
  if (inputs.length !== facts.inputs.length)
    throw mismatch(facts, `${inputs.length} inputs, this run has ${facts.inputs.length}`);
  for (const [index, [{ name, identity: was }, { identity: is }]] of pairsOf(inputs, facts.inputs).entries()) {
    const now = await identify(is.path, was.headBytes);
    if (now.size < was.size) throw new MqdynError('E_INPUT_CHANGED', `${name} is shorter than the checkpoint says`);
    if (now.head !== was.head) throw mismatch(facts, `${name} with different content`);
    if (
      index === position.input &&
      checkpoint.tail !== null &&
      (await tailDigest(is.path, position.offset)) !== checkpoint.tail
    ) {
      throw mismatch(facts, `${name} with different content before byte ${position.offset}`);
    }
  }
}

function refuseOtherTarget(checkpoint: Checkpoint, facts: CheckpointFacts): void {
  if (checkpoint.target.label !== facts.label)
    throw mismatch(facts, `${checkpoint.target.label}, this run writes to ${facts.label}`);
  for (const was of checkpoint.target.tables) {
    const is = facts.tables.map(tableIdentity).find(({ name }) => name === was.name);
    // without a look at the tables beforehand there is nothing to compare
    if (facts.tables.length === 0) continue;
    if (is === undefined) throw mismatch(facts, `table ${was.name}, which this run does not write to`);
    if (is.key !== was.key) throw mismatch(facts, `${was.name} with key ${was.key}, it has ${is.key}`);
    if (is.id !== was.id) throw mismatch(facts, `${was.name} with table id ${was.id}, this table is ${is.id} (recreated?)`);
  }
}

function refuseOtherOptions(checkpoint: Checkpoint, facts: CheckpointFacts): void {
  for (const name of new Set([...Object.keys(checkpoint.options), ...Object.keys(facts.options)])) {
    const [was, is] = [checkpoint.options[name] ?? null, facts.options[name] ?? null].map((value) => JSON.stringify(value));
    if (was !== is) throw mismatch(facts, `--${name} ${was}, this run has ${is}`);
  }
}

function mismatch({ path }: CheckpointFacts, what: string): MqdynError {
  return new MqdynError('E_MISMATCH', `the checkpoint ${path} is for ${what}`);
}

/** What makes a live table the same table. Engines that know no id are identified by their keys alone. */
export function tableIdentity(table: LiveTable): { name: string; id: string | null; key: string } {
  return { name: table.TableName, id: table.TableId ?? null, key: keyInWords(table.KeySchema) };
}
