import { stampText } from '../domain/records/times.ts';

/** The journal of a run that names none: one for each, in this folder. */
export function journalName(command: string, now: number): string {
  return `${command}-${stampText(now)}.journal`;
}
