/** The journal of a run that names none: one for each, in this folder. */
export function journalName(command: string, now: number): string {
  return `${command}-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}.journal`;
}
