import type { Interfaces } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';

export type Parsed = Record<string, unknown>;

/** What was parsed, with its arguments as the texts that were typed. */
export type Words<Output> = Omit<Output, 'argv'> & { argv: string[] };

/** A command with arguments that come from the command line alone: the parser reads a missing one from stdin otherwise. */
export function withoutStdin<F extends Parsed, B extends Parsed, A extends Parsed>(
  command: Interfaces.Input<F, B, A>,
): Interfaces.Input<F, B, A> {
  const own = Object.entries<object>(command.args ?? {}).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]);
  const args: Interfaces.ArgInput<A> = Object.fromEntries(own);
  return { ...command, args };
}

/**
 * What was parsed, with the arguments in the order in which they were typed: the parser sorts them by their texts, and one that
 * is the value of a flag as well goes to the place of that flag.
 */
export function checkedParse<F extends Parsed, B extends Parsed, A extends Parsed>(
  parsed: Interfaces.ParserOutput<F, B, A>,
): Words<Interfaces.ParserOutput<F, B, A>> {
  const { json, format }: Parsed = parsed.flags;
  if (json && format !== 'json' && !parsed.metadata.flags['format']?.setFromDefault) {
    throw new MqdynError('E_USAGE', `--json and --format ${String(format)} contradict each other`);
  }
  return { ...parsed, argv: parsed.raw.filter(({ type }) => type === 'arg').map(({ input }) => input) };
}
