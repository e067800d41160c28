import type { Hook } from '@oclif/core';
import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { errorText } from './report.ts';

/** An unknown command is a usage error like any other: exit 2, with the nearest command named. */
const hook: Hook.CommandNotFound = async function ({ id, config, context }) {
  const typed = id.replaceAll(':', ' ');
  const known = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id.replaceAll(':', ' '));
  const error = new MqdynError('E_USAGE', `${typed} is not a command.${didYouMean(typed, known)}`, { hint: 'See: mqdyn help' });
  process.stderr.write(errorText(error, false));
  context.exit(error.exit);
};

export default hook;
