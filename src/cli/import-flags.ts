import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import type { ImportOptions } from '../app/move/import/import-tables.ts';
import type { ImportSource } from '../app/move/import/source.ts';
import { MqdynError } from '../domain/errors.ts';
import { outputFlags, STDIN, targetFlags } from './flags.ts';
import { nativeImportFlags } from './native-import.ts';
import { ownRun, refuseSameFile, replayFlags } from './replay-flags.ts';

export const importFlags = {
  ...targetFlags,
  ...outputFlags,
  merge: Flags.boolean({
    helpGroup: 'IMPORT',
    summary: 'also into tables that have items; an item with the same key is replaced, ids of a topic are added',
  }),
  create: Flags.boolean({
    helpGroup: 'IMPORT',
    summary: "create missing tables, from the export's schema or the schema file",
  }),
  'dry-run': Flags.boolean({
    helpGroup: 'IMPORT',
    exclusive: ['resume', 'restart'],
    summary: 'verify, write nothing, and say what would be written',
  }),
  ...nativeImportFlags,
  concurrency: replayFlags.concurrency,
  'max-wcu': Flags.integer({
    helpGroup: 'SPEED',
    min: 1,
    helpValue: 'N',
    summary: 'at most this many write capacity units per second; with --bulk 1024 or more, for each table',
  }),
  'retry-for': replayFlags['retry-for'],
  checkpoint: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    summary: 'file that records how far the run is (default: import-NAME.checkpoint in this folder)',
  }),
  resume: replayFlags.resume,
  restart: Flags.boolean({
    helpGroup: 'RESUME',
    exclusive: ['resume'],
    summary: 'start over even if the checkpoint belongs to an unfinished run; with --bulk, even if the same job has ended',
  }),
  'break-lock': replayFlags['break-lock'],
  rejects: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    summary:
      'file for items that were not applied (default: import-NAME.rejects.jsonl in this folder; for a pipe, one file per run)',
  }),
  'max-rejects': Flags.integer({
    helpGroup: 'RESUME',
    min: 0,
    default: 10_000,
    helpValue: 'N',
    summary: 'stop when more items than this are rejected',
  }),
};

export type ImportFlags = Interfaces.InferredFlags<typeof importFlags>;

/** Flags of an import that this program makes itself. */
const OWN = ['merge', 'create', 'dry-run', 'checkpoint', 'resume', 'break-lock', 'rejects'] as const;

/** Whether DynamoDB itself is to import; flags of the other kind of import are refused. */
export function isNativeImport(flags: ImportFlags): boolean {
  const kind = flags.native !== undefined ? '--native' : flags.bulk !== undefined ? '--bulk' : undefined;
  if (kind === undefined) {
    if (flags['no-wait'])
      throw new MqdynError('E_USAGE', '--no-wait needs --native or --bulk: only a job of DynamoDB goes on by itself');
    return false;
  }
  const own = OWN.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (own !== undefined)
    throw new MqdynError('E_USAGE', `--${own} does not go with ${kind}: DynamoDB itself reads and writes the items`);
  if (kind === '--native' && flags.restart)
    throw new MqdynError('E_USAGE', '--restart does not go with --native: it makes new tables');
  return true;
}

type FromFlags = 'merge' | 'create' | 'concurrency' | 'maxWcu' | 'retryForMs' | 'resume' | 'restart' | 'maxRejects';

/** What the flags say about an import, whatever it imports. */
export function importOptions(flags: ImportFlags): Pick<ImportOptions, FromFlags> {
  return {
    merge: flags.merge,
    create: flags.create,
    concurrency: flags.concurrency,
    maxWcu: flags['max-wcu'],
    retryForMs: flags['retry-for'],
    resume: flags.resume,
    restart: flags.restart,
    maxRejects: flags['max-rejects'],
  };
}

/** The files that an import writes: apart from each other and from what it reads. */
export async function importFiles(
  source: ImportSource,
  flags: ImportFlags,
): Promise<Pick<ImportOptions, 'rejects' | 'checkpoint'>> {
  const own = `import-${source.name === STDIN ? 'stdin' : basename(resolve(source.name))}`;
  const isAgain = source.digest !== undefined;
  if (!isAgain && (flags.resume || flags.checkpoint !== undefined)) {
    throw new MqdynError('E_USAGE', 'a pipe cannot be read again, so --checkpoint and --resume do not work with it', {
      hint: 'Write what comes from it to a file first.',
    });
  }
  const rejects = flags.rejects ?? `${isAgain ? own : ownRun(own)}.rejects.jsonl`;
  const checkpoint = isAgain ? (flags.checkpoint ?? `${own}.checkpoint`) : undefined;
  if (source.name !== STDIN) {
    await refuseSameFile([{ name: source.name, path: source.name }], rejects, checkpoint);
    for (const [flag, path] of [
      ['--rejects', rejects],
      ['--checkpoint', checkpoint],
    ] as const) {
      if (path !== undefined && isInside(path, source.name)) {
        throw new MqdynError('E_USAGE', `${path} would stand in the export, which must not change`, {
          hint: `Name another place with ${flag}, or run the command in another folder.`,
        });
      }
    }
  }
  return { rejects, checkpoint: checkpoint === undefined ? undefined : { path: checkpoint, breakLock: flags['break-lock'] } };
}

function isInside(path: string, folder: string): boolean {
  const from = relative(resolve(folder), resolve(path));
  return from !== '' && from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
}
