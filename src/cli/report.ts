import { Errors } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { writeBugReport } from '../files/bug-report.ts';
import { clipped, escapeControls, escapeJsonForTerminal, safeSentence } from '../output/escape.ts';

/** Anything that was thrown as our error: a fault of the command line is usage, what nobody expected is a bug. */
export function asMqdynError(thrown: unknown, flagNames: readonly string[] = []): MqdynError {
  if (thrown instanceof MqdynError) return withoutParser(thrown);
  if (thrown instanceof Errors.CLIError && thrown.code !== 'MODULE_NOT_FOUND') return usageError(thrown, flagNames);
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new MqdynError('E_BUG', message, { cause: thrown });
}

/** What oclif's parser makes of the sentence of a flag that does not take its value. */
const WRONG_VALUE = /^Parsing (--\S+) *\n\t([^]*?)(\nSee more help with --help)?$/;

/** The parser writes into errors of our own as well. */
function withoutParser(error: MqdynError): MqdynError {
  const [, flag, what] = WRONG_VALUE.exec(error.message) ?? [];
  if (flag === undefined) return error;
  const { code, hint, detail, exit } = error;
  return new MqdynError(code, `${flag}: ${what}`, { hint, detail, exit, cause: error });
}

/** oclif's parser says what is wrong in its first lines; the flag that was meant is ours to find. */
function usageError(error: Errors.CLIError & { flags?: unknown }, flagNames: readonly string[]): MqdynError {
  const [, flag, what] = WRONG_VALUE.exec(error.message) ?? [];
  if (flag !== undefined) return new MqdynError('E_USAGE', `${flag}: ${what!.charAt(0).toLowerCase()}${what!.slice(1)}`);
  const lines = error.message.split('\n').filter((line) => line !== '' && !line.startsWith('See more help'));
  const unknown = error.message.startsWith('Nonexistent flag') && Array.isArray(error.flags) ? String(error.flags[0]) : undefined;
  const meant =
    unknown === undefined
      ? ''
      : didYouMean(
          unknown,
          flagNames.map((name) => `--${name}`),
        );
  return new MqdynError('E_USAGE', `${lines.join(' ')}.${meant}`.replace(/([.!?])\./, '$1'));
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
  let cause: Error = error;
  while (cause.cause instanceof Error) ({ cause } = cause as { cause: Error });
  return cause.stack ?? String(cause);
}

/** The error for people: one line, further lines where a place is shown. */
export function errorText(error: MqdynError, debug: boolean): string {
  const hint = error.hint === '' ? '' : ` ${error.hint}`;
  const sentence = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  const lines = [safeSentence(`mqdyn: ${error.code}: ${sentence}${hint}`), ...error.detail.map(escapeControls)];
  if (debug) lines.push(stackOf(error));
  return `${lines.join('\n')}\n`;
}

/** The error for scripts: the same fields as one JSON object, as safe on a terminal and as short. */
export function errorJson({ code, message, hint, detail }: MqdynError): string {
  const error = { code, message: clipped(message), hint, ...(detail.length === 0 ? {} : { detail }) };
  return `${escapeJsonForTerminal(JSON.stringify({ error }))}\n`;
}
