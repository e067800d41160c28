import { MqdynError } from '../../../domain/errors.ts';
import type { TableCounts } from '../../../domain/import/counts.ts';
import { totalOf } from '../../../domain/import/counts.ts';
import { countText, plural } from '../../../domain/count-text.ts';
import type { WriterCounts } from '../../../dynamo/writer.ts';
import { loadImportCheckpoint } from '../../../files/import-checkpoint.ts';
import type { CheckpointFacts, Resumed } from './ledger.ts';

/**
 * Reads the checkpoint and makes sure that this run is the same one: source, target, tables and options. Undefined when there
 * is none: the run before stopped before anything was written.
 */
export async function resumed(path: string, facts: CheckpointFacts): Promise<Resumed | undefined> {
  const was = await loadImportCheckpoint<TableCounts[], WriterCounts>(path);
  if (was === undefined) return undefined;
  const differs = (what: string) => new MqdynError('E_MISMATCH', `the checkpoint ${path} is for ${what}`);
  if (was.source.digest !== facts.source.digest) throw differs(`${was.source.name} with other content`);
  if (was.target.label !== facts.target.label) throw differs(`${was.target.label}, this run writes to ${facts.target.label}`);
  for (const name of Object.keys(facts.options)) {
    const [before, now] = [was.options[name], facts.options[name]].map((value) => JSON.stringify(value ?? null));
    if (before !== now) throw differs(`${name} ${before}, this run has ${now}`);
  }
  for (const table of was.target.tables) {
    const is = facts.target.tables.find(({ name }) => name === table.name);
    if (is === undefined) throw differs(`table ${table.name}, which is not there or not a target of this run`);
    if (is.key !== table.key) throw differs(`${table.name} with key ${table.key}, it has ${is.key}`);
    if (is.id !== table.id) throw differs(`${table.name} with table id ${table.id}, this table is ${is.id} (recreated?)`);
  }
  return was;
}

/** What there is to say about where a run goes on. */
export function resumeNotice(before: Resumed | undefined): string {
  if (before === undefined) return 'there is no checkpoint yet; starting from the beginning';
  const { read } = totalOf(before.counts);
  if (before.done) return `${before.source.name} was already imported to its end`;
  return `resuming behind ${countText(read)} ${plural('item', read)}`;
}

/** A run that starts over must not do away with what another one has left. */
export async function refuseUnfinished(path: string, { source }: CheckpointFacts): Promise<void> {
  const was = await loadImportCheckpoint(path);
  if (was === undefined || was.done) return;
  if (was.source.digest !== source.digest) {
    throw new MqdynError('E_MISMATCH', `the checkpoint ${path} belongs to an unfinished import of ${was.source.name}`, {
      hint: 'Name another file with --checkpoint, or discard that one with --restart.',
    });
  }
  throw new MqdynError('E_UNFINISHED', `an earlier import of ${was.source.name} was not finished: ${path}`);
}
