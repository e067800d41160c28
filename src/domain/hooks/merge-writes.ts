import { fold } from './fold.ts';
import { idsWrite } from './ids-write.ts';
import type { Write } from './write.ts';

/** What two writes of one key, one after the other, come to. Their `events` are numbers of different windows: of no use any more. */
export function mergeWrites(before: Write | undefined, after: Write): Write {
  if (after.kind === 'ids') {
    return before?.kind === 'ids' ? idsWrite(after.table, after.key, [...before.log, ...after.log]) : after;
  }
  const isReplaced = before === undefined || before.kind === 'ids' || after.kind !== 'set';
  return isReplaced ? after : fold(before, after, 0);
}
