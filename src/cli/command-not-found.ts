import type { Hook } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { errorJson, errorText, wantsJson } from './report.ts';

/** An unknown command is a usage error like any other: exit 2, with the nearest command named. */
const hook: Hook.CommandNotFound = async function ({ id, argv = [], config, context }) {
  const typed = id.replaceAll(':', ' ');
  const known = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id.replaceAll(':', ' '));
  const words = [typed, ...argv.filter((word) => !word.startsWith('-'))].join(' ');
  const error = new MqdynError('E_USAGE', `${typed} is not a command.${meant(words, known)}`, { hint: 'See: mqdyn help' });
  process.stderr.write(wantsJson(process.argv) ? errorJson(error) : errorText(error, false));
  context.exit(error.exit);
};

/** What was typed may hold arguments behind the command: the longest beginning that is near to a command counts. */
function meant(typed: string, known: readonly string[]): string {
  const words = typed.split(' ');
  for (let count = words.length; count > 0; count -= 1) {
    const sentence = didYouMean(words.slice(0, count).join(' '), known);
    if (sentence !== '') return sentence;
  }
  return '';
}

export default hook;
