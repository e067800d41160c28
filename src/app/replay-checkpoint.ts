import { MqdynError } from '../domain/errors.ts';
import { keyInWords } from '../domain/schema/definition.ts';
import type { LiveTable } from '../dynamo/tables.ts';
import type { Writer, WriterCounts } from '../dynamo/writer.ts';
import { loadCheckpoint, saveCheckpoint, tailDigest, type Checkpoint } from '../files/checkpoint.ts';
import { identify, type InputFile } from '../files/input.ts';
import { addWriterCounts, noEvents, type EventCounts } from './replay-counts.ts';
import type { Watermark } from './replay-window.ts';

/** What a run that goes on starts from. */
export type Resumed = {
  watermark: Watermark;
  mtimes: readonly number[];
  counts: EventCounts;
  writer: WriterCounts;
  checkpoint: Checkpoint;
};

export type CheckpointFacts = {
  path: string;
  tool: string;
  inputs: readonly InputFile[];
  place: string;
  tables: readonly LiveTable[];
  /** Options that change what is written. */
  options: Readonly<Record<string, unknown>>;
};

const NO_WRITES: WriterCounts = { requests: 0, retries: 0, units: 0, tables: {} };

/**
 * Reads the checkpoint and makes sure that this run is the same one: input, target, tables and options. Undefined when there
 * is none: the run before stopped before anything was settled.
 */
export async function resume(facts: CheckpointFacts): Promise<Resumed | undefined> {
  const checkpoint = await loadCheckpoint(facts.path);
  if (checkpoint === undefined) return undefined;
  await sameInputs(checkpoint, facts);
  sameTarget(checkpoint, facts);
  sameOptions(checkpoint, facts);
  const { events, writer } = checkpoint.counts as { events: EventCounts; writer: WriterCounts };
  return {
    watermark: checkpoint.position,
    mtimes: checkpoint.inputs.map(({ identity }) => identity.mtimeMs),
    // a checkpoint of an earlier version may not have all of them
    counts: { ...noEvents(), ...events },
    writer,
    checkpoint,
  };
}

/** Saves where a run is. Everything that the checkpoint speaks of is durable already. */
export async function saveProgress(
  facts: CheckpointFacts,
  state: {
    watermark: Watermark;
    counts: EventCounts;
    before: WriterCounts | undefined;
    writer: Writer;
    /** The reject file and how much of it belongs to settled events, in bytes. */
    rejects: { path: string; length: number };
    done: boolean;
  },
): Promise<void> {
  const input = facts.inputs[state.watermark.input];
  await saveCheckpoint(facts.path, {
    checkpoint: 1,
    tool: facts.tool,
    savedAt: new Date().toISOString(),
    inputs: facts.inputs.map(({ name, identity }) => ({ name, identity: identity! })),
    position: state.watermark,
    tail: input === undefined ? null : await tail(input, state.watermark.offset),
    target: { place: facts.place, tables: facts.tables.map(tableIdentity) },
    options: { ...facts.options },
    rejects: state.rejects,
    counts: { events: state.counts, writer: addWriterCounts(state.before ?? NO_WRITES, state.writer.counts) },
    unreconciled: state.writer.unreconciled,
    done: state.done,
  });
}

/** Digest of what is before the watermark; offsets of a packed file are not its own. */
async function tail({ identity, name }: InputFile, offset: number): Promise<string | null> {
  if (identity === undefined || identity.packed) return null;
  const { size, inode } = await identify(identity.path, 0);
  if (inode !== identity.inode) throw new MqdynError('E_INPUT_CHANGED', `${name} was replaced while it was read`);
  if (size < offset) throw new MqdynError('E_INPUT_CHANGED', `${name} has become shorter while it was read`);
  return tailDigest(identity.path, offset);
}

async function sameInputs(checkpoint: Checkpoint, facts: CheckpointFacts): Promise<void> {
  const { inputs, position } = checkpoint;
  if (inputs.length !== facts.inputs.length)
    throw mismatch(facts, `${inputs.length} inputs, this run has ${facts.inputs.length}`);
  for (const [index, { name, identity: was }] of inputs.entries()) {
    const is = facts.inputs[index]!.identity;
    if (is === undefined)
      throw new MqdynError('E_USAGE', `${facts.inputs[index]!.name} cannot be resumed`, { hint: 'Only files can.' });
    const now = await identify(is.path, was.headBytes);
    if (now.size < was.size) throw new MqdynError('E_INPUT_CHANGED', `${name} is shorter than the checkpoint says`);
    if (now.head !== was.head) throw mismatch(facts, `${name} with other content`);
    if (
      index === position.input &&
      checkpoint.tail !== null &&
      (await tailDigest(is.path, position.offset)) !== checkpoint.tail
    ) {
      throw mismatch(facts, `${name} with other content before byte ${position.offset}`);
    }
  }
}

function sameTarget(checkpoint: Checkpoint, facts: CheckpointFacts): void {
  if (checkpoint.target.place !== facts.place)
    throw mismatch(facts, `${checkpoint.target.place}, this run writes to ${facts.place}`);
  for (const was of checkpoint.target.tables) {
    const is = facts.tables.map(tableIdentity).find(({ name }) => name === was.name);
    // without a look at the tables beforehand there is nothing to compare
    if (facts.tables.length === 0) continue;
    if (is === undefined) throw mismatch(facts, `table ${was.name}, which this run does not write to`);
    if (is.key !== was.key) throw mismatch(facts, `${was.name} with key ${was.key}, it has ${is.key}`);
    if (is.id !== was.id) throw mismatch(facts, `${was.name} with table id ${was.id}, this table is ${is.id} (created anew?)`);
  }
}

function sameOptions(checkpoint: Checkpoint, facts: CheckpointFacts): void {
  for (const name of new Set([...Object.keys(checkpoint.options), ...Object.keys(facts.options)])) {
    const [was, is] = [checkpoint.options[name] ?? null, facts.options[name] ?? null].map((value) => JSON.stringify(value));
    if (was !== is) throw mismatch(facts, `--${name} ${was}, this run has ${is}`);
  }
}

function mismatch({ path }: CheckpointFacts, what: string): MqdynError {
  return new MqdynError('E_MISMATCH', `the checkpoint ${path} is for ${what}`);
}

/** What makes a live table the same table. Engines that know no id are told by their keys alone. */
export function tableIdentity(table: LiveTable): { name: string; id: string | null; key: string } {
  return { name: table.TableName, id: table.TableId ?? null, key: keyInWords(table.KeySchema) };
}
