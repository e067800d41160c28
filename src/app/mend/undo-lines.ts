import type { Change } from '../../domain/changes/change.ts';
import { headLine, journalLine, type JournalHead } from '../../files/journal-line.ts';

/** The lines of a journal for changes that are about to be made, the line that begins it before the first. */
export function undoLines(head: JournalHead): (change: Change) => string {
  let begun = false;
  return (change) => {
    const text = (begun ? '' : headLine(head)) + journalLine(change);
    begun = true;
    return text;
  };
}
