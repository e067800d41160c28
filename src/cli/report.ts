import { Errors } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { writeBugReport } from '../files/bug-report.ts';
import { clipped, escapeControls, escapeJsonForTerminal, safeSentence } from '../output/escape.ts';
import { filled } from '../output/shorten.ts';
import type { ParsedCommand } from './usage-errors.ts';

/** Anything that was thrown as our error: a fault of the command line is usage, what nobody expected is a bug. */
export async function asMqdynError(thrown: unknown, command: ParsedCommand = {}): Promise<MqdynError> {
  const ours = thrown instanceof MqdynError;
  if (ours || (thrown instanceof Errors.CLIError && thrown.code !== 'MODULE_NOT_FOUND')) {
    // loaded only when something was wrong
    const { usageError, withoutParser } = await import('./usage-errors.ts');
    return ours ? withoutParser(thrown, command) : usageError(thrown, command);
  }
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new MqdynError('E_BUG', message, { cause: thrown });
}

/** Whether errors are wanted as JSON, as far as the words typed tell: they may be the very ones that cannot be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  return argv.includes('--json') || /(?:--format[= ]|(?:^| )-o[= ]?)json(?: |$)/.test(argv.join(' '));
}

/** A bug with the place where its stack is kept, for whoever reports it. */
export function withStackFile(error: MqdynError): MqdynError {
  if (error.code !== 'E_BUG') return error;
  const path = writeBugReport(stackOf(error));
  if (path === undefined) return error;
  const { message, detail, exit, hint } = error;
  return new MqdynError('E_BUG', message, { detail, exit, cause: error, hint: `${hint} The stack is in ${path}.` });
}

function stackOf(error: MqdynError): string {
  let last: Error = error;
  while (last.cause instanceof Error) last = last.cause;
  return last.stack ?? String(last);
}

/** Of many faults a person is shown so many. */
const MAX_DETAIL = 20;

/** The error for people: one sentence, further lines where a place is shown. `width`: columns of the terminal, if it is one. */
export function errorText(error: MqdynError, debug: boolean, width?: number): string {
  const hint = error.hint === '' ? '' : ` ${error.hint}`;
  const sentence = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  const first = filled(safeSentence(`mqdyn: ${error.code}: ${sentence}${hint}`), width);
  const lines = [first, ...shortened(error.detail).map(escapeControls)];
  if (debug) lines.push(stackOf(error));
  return `${lines.join('\n')}\n`;
}

function shortened(detail: readonly string[]): readonly string[] {
  if (detail.length <= MAX_DETAIL) return detail;
  return [...detail.slice(0, MAX_DETAIL), `and ${detail.length - MAX_DETAIL} more`];
}

/** The error for scripts: the same fields as one JSON object, as safe on a terminal and as short. */
export function errorJson({ code, message, hint, detail }: MqdynError): string {
  const error = { code, message: clipped(message), hint, ...(detail.length === 0 ? {} : { detail }) };
  return `${escapeJsonForTerminal(JSON.stringify({ error }))}\n`;
}
