import { stripVTControlCharacters } from 'node:util';
import type { Errors } from '@oclif/core';
import { plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { conflictReason, needReason } from './flag-conflicts.ts';

/** The command that was being parsed: what a sentence about its flags and the way to its help are made from. */
export type ParsedCommand = { id?: string | undefined; flags?: Readonly<Record<string, FlagShape>> | undefined };

type FlagShape = { options?: readonly string[]; exclusive?: readonly unknown[]; dependsOn?: readonly unknown[] };

/** What the parser's errors carry beside their message. */
type ParserError = Errors.CLIError & {
  args?: unknown;
  flags?: unknown;
  parse?: { output?: { flags?: Record<string, unknown>; metadata?: { flags?: Record<string, { setFromDefault?: boolean }> } } };
};

/** What oclif's parser makes of the sentence of a flag that does not take its value. */
const WRONG_VALUE = /^Parsing --(\S+) *\n\t([^]*?)(\nSee more help with --help)?$/;

const INTEGER = /^Expected an integer(?: (greater|less) than or equal to (-?\d+))? but received: ([^]*)$/;

/** The parser writes into errors of our own as well. */
export function withoutParser(error: MqdynError, command: ParsedCommand): MqdynError {
  const [, flag, what = ''] = WRONG_VALUE.exec(error.message) ?? [];
  const { code, detail, exit } = error;
  const hint = code === 'E_USAGE' && error.hint === 'See --help.' ? (helpHint(command) ?? error.hint) : error.hint;
  if (flag === undefined && hint === error.hint) return error;
  return new MqdynError(code, flag === undefined ? error.message : `--${flag}: ${what}`, { hint, detail, exit, cause: error });
}

/** An error of oclif's parser in a sentence of our own. */
export function usageError(error: Errors.CLIError, command: ParsedCommand): MqdynError {
  const { message, hint } = inWords(error, command);
  return new MqdynError('E_USAGE', message, { hint: hint ?? helpHint(command) });
}

function inWords(error: ParserError, command: ParsedCommand): { message: string; hint?: string } {
  const said = stripVTControlCharacters(error.message).replace(/\nSee more help with --help$/, '');
  const { flags = {} } = command;
  const [, flag, what = ''] = WRONG_VALUE.exec(error.message) ?? [];
  if (flag !== undefined) return { message: wrongValue(flag, what) };
  if (said.startsWith('Nonexistent flag')) return { message: unknownFlags(error, flags) };
  if (/^(Missing \d+ required arg|Unexpected argument)/.test(said)) return { message: wrongArguments(said, error) };
  const [, name, typed = ''] = /^Expected --([\w-]+)=([^]*) to be one of: /.exec(said) ?? [];
  if (name !== undefined) return wrongOption(name, typed, flags[name]?.options ?? []);
  const [, incomplete, complaint = ''] = /^Flag --([\w-]+) (expects|can only be specified once)/.exec(said) ?? [];
  if (incomplete !== undefined) return missingValue(incomplete, complaint, flags[incomplete]?.options);
  if (said.startsWith('The following')) {
    const found = violated(error, flags, said);
    if (found.length > 0) return { message: found.join('; ') };
  }
  return { message: said.split(/\s*\n\s*/).join(' ') };
}

function wrongValue(flag: string, what: string): string {
  const [, bound, limit, typed] = INTEGER.exec(what) ?? [];
  if (typed === undefined) return `--${flag}: ${what.charAt(0).toLowerCase()}${what.slice(1)}`;
  const wanted = bound === undefined ? 'use an integer' : `use ${limit} or ${bound === 'greater' ? 'more' : 'less'}`;
  return `invalid value "${typed}" for --${flag}; ${wanted}`;
}

function unknownFlags({ flags: unknown }: ParserError, flags: Readonly<Record<string, unknown>>): string {
  const typed = Array.isArray(unknown) ? unknown.map((flag) => String(flag).replace(/=.*$/s, '')) : [];
  const known = Object.keys(flags).map((name) => `--${name}`);
  const meant = typed[0]?.startsWith('--') ? didYouMean(typed[0], known) : '';
  return `unknown ${plural('flag', typed.length)} ${typed.join(', ')}.${meant}`.replace(/\.$/, '');
}

function wrongArguments(said: string, { args }: ParserError): string {
  const list: (string | { name: string })[] = Array.isArray(args) ? args : [];
  if (said.startsWith('Unexpected')) return `unexpected ${plural('argument', list.length)} ${list.map(String).join(', ')}`;
  const names = list.map((arg) => (typeof arg === 'string' ? arg : arg.name).toUpperCase());
  return `missing ${plural('argument', names.length)} ${names.join(' and ')}`;
}

function wrongOption(flag: string, typed: string, options: readonly string[]): { message: string; hint?: string } {
  const message = `invalid value "${typed}" for --${flag}.${didYouMean(typed, options)}`.replace(/\.$/, '');
  return options.length === 0 ? { message } : { message, hint: `Use ${oneOf(options)}.` };
}

function missingValue(
  flag: string,
  complaint: string,
  options: readonly string[] | undefined,
): { message: string; hint?: string } {
  if (complaint !== 'expects') return { message: `--${flag} is given twice` };
  const message = `--${flag} needs a value`;
  return options === undefined ? { message } : { message, hint: `Use ${oneOf(options)}.` };
}

/** Flags that exclude or need each other, and a required one that is missing. */
function violated({ parse }: ParserError, flags: Readonly<Record<string, FlagShape>>, said: string): string[] {
  const { flags: given = {}, metadata } = parse?.output ?? {};
  const isGiven = (name: unknown) =>
    typeof name === 'string' && given[name] !== undefined && !metadata?.flags?.[name]?.setFromDefault;
  const found = new Set<string>();
  for (const [name, { exclusive = [], dependsOn = [] }] of Object.entries(flags)) {
    if (!isGiven(name)) continue;
    for (const other of exclusive.filter(isGiven).map(String)) {
      const [first, second] = name < other ? [name, other] : [other, name];
      found.add(`--${first} and --${second} exclude each other${why(conflictReason(first, second))}`);
    }
    for (const other of dependsOn.filter((needed) => !isGiven(needed)).map(String)) {
      found.add(`--${name} needs --${other}${why(needReason(name, other))}`);
    }
  }
  for (const [, name] of said.matchAll(/Missing required flag ([\w-]+)/g)) found.add(`missing flag --${name}`);
  return [...found];
}

function why(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}

function helpHint({ id }: ParsedCommand): string | undefined {
  return id === undefined ? undefined : `See mqdyn ${id.replaceAll(':', ' ')} --help.`;
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
