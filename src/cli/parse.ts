import type { Interfaces } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';

export type Parsed = Record<string, unknown>;

/** A command with arguments that come from the command line alone: the parser reads a missing one from stdin otherwise. */
export function withoutStdin<F extends Parsed, B extends Parsed, A extends Parsed>(
  command: Interfaces.Input<F, B, A>,
): Interfaces.Input<F, B, A> {
  const args = Object.entries<object>(command.args ?? {}).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]);
  return { ...command, args: Object.fromEntries(args) as Interfaces.ArgInput<A> };
}

/**
 * What was parsed, with the arguments in the order in which they were typed: the parser sorts them by their texts, and one that
 * is the value of a flag as well goes to the place of that flag.
 */
export function checkedParse<F extends Parsed, B extends Parsed, A extends Parsed>(
  parsed: Interfaces.ParserOutput<F, B, A>,
): Interfaces.ParserOutput<F, B, A> {
  const { json, format }: Parsed = parsed.flags;
  if (json && format !== 'json' && !parsed.metadata.flags['format']?.setFromDefault) {
    throw new MqdynError('E_USAGE', `--json and --format ${String(format)} contradict each other`);
  }
  return { ...parsed, argv: parsed.raw.filter(({ type }) => type === 'arg').map(({ input }) => input) };
}
