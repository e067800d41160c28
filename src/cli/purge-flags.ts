import { Flags, type Interfaces } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { isPurgeKind, PURGE_KINDS, purgeSelection, type Selection } from '../domain/purge/selection.ts';
import { didYouMean } from '../domain/suggest.ts';
import { fileAt } from '../files/file-at.ts';
import { durationFlag } from './flags.ts';

export const purgeFlags = {
  topic: Flags.string({
    helpGroup: 'SELECTION',
    helpValue: 'FILTER',
    summary: 'topics that match; not for clients',
  }),
  client: Flags.string({
    helpGroup: 'SELECTION',
    helpValue: 'ID',
    summary: 'this client; of messages and retained messages the sender',
  }),
  'older-than': durationFlag({
    helpGroup: 'SELECTION',
    summary: 'published at least so long ago, for acks the acked message; for clients, offline for at least so long',
  }),
  // a flag that is not given would be undefined, and not in the checkpoint
  offline: Flags.boolean({ helpGroup: 'SELECTION', default: false, summary: 'clients that are offline' }),
  everything: Flags.boolean({ helpGroup: 'SELECTION', default: false, summary: 'all of them, in the place of the flags above' }),
  yes: Flags.boolean({ char: 'y', summary: 'carry it out; without it nothing is deleted' }),
  confirm: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    dependsOn: ['yes'],
    summary: 'consent to delete from this table',
  }),
  'max-wcu': Flags.integer({
    helpGroup: 'SPEED',
    min: 1,
    helpValue: 'N',
    summary: 'at most this many write capacity units per second',
  }),
  'run-time': durationFlag({ helpGroup: 'SPEED', summary: 'end in order after so long; --resume goes on' }),
  journal: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    summary: 'file for all that is deleted (default: purge-TIME.journal in this folder)',
  }),
  checkpoint: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    default: 'purge.checkpoint',
    summary: 'file that records how far the purge is',
  }),
  resume: Flags.boolean({
    helpGroup: 'RESUME',
    dependsOn: ['yes'],
    summary: 'go on with a purge that stopped; ages are counted from its start',
  }),
  restart: Flags.boolean({
    helpGroup: 'RESUME',
    dependsOn: ['yes'],
    exclusive: ['resume'],
    summary: 'start over even if the checkpoint belongs to an unfinished purge',
  }),
};

type PurgeFlags = Interfaces.InferredFlags<typeof purgeFlags>;

/** What the flags select, as of a moment. */
export function selectionOf(kind: string, flags: PurgeFlags, now: number): Selection {
  if (!isPurgeKind(kind)) {
    throw new MqdynError('E_USAGE', `${kind} cannot be purged.${didYouMean(kind, PURGE_KINDS)}`.replace(/\.$/, ''), {
      hint: `Use ${PURGE_KINDS.join(', ')}.`,
    });
  }
  const { topic, client, offline, everything } = flags;
  return purgeSelection(kind, { topic, client, olderThanMs: flags['older-than'], offline, everything }, now);
}

/** The checkpoint has a file beside it while it is written; none of them is the journal. */
export async function refuseJournalAsCheckpoint({ journal, checkpoint }: PurgeFlags): Promise<void> {
  if (journal === undefined) return;
  const own = await Promise.all([checkpoint, `${checkpoint}.lock`].map(fileAt));
  if (own.includes(await fileAt(journal))) {
    throw new MqdynError('E_USAGE', `--journal ${journal} is the checkpoint, or the lock beside it`);
  }
}
