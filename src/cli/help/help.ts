import { styleText } from 'node:util';
import type { Config } from '@oclif/core';
import { HELP_PAGES } from '../completion/complete.ts';
import { MqdynError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/suggest.ts';
import { commandPage, type PageCommand } from './command-page.ts';
import { pageWidth, type Sheet } from './layout.ts';
import { namedPage, type PageName } from './pages.ts';
import { isAlias, rootPage, topicPage } from './root-page.ts';

/** Shows help; the command framework loads it when help is asked for, and only then. */
export default class Help {
  private readonly config: Config;

  constructor(config: Config) {
    this.config = config;
  }

  async showHelp(argv: readonly string[]): Promise<void> {
    const { stdout } = process;
    // Node goes by NO_COLOR, FORCE_COLOR and TERM
    const heading = stdout.isTTY && stdout.hasColors() ? (text: string) => styleText('bold', text) : (text: string) => text;
    stdout.write(helpText(this.config, argv, { width: pageWidth(stdout.isTTY ? stdout.columns : undefined), heading }));
  }
}

type Program = Pick<Config, 'topics'> & { commands: readonly PageCommand[] };

/** The page that words ask for: a command with or without arguments behind it, a topic, a page by its name, or the whole program. */
export function helpText({ commands, topics }: Program, argv: readonly string[], sheet: Sheet): string {
  const words = wordsOf(argv);
  const [first] = words;
  if (first === undefined) return rootPage(DESCRIPTION, commands, sheet);
  if (isPageName(first)) return namedPage(first, commands, sheet);
  for (let count = words.length; count > 0; count -= 1) {
    const id = words.slice(0, count).join(':');
    const command = commands.find((each) => each.id === id);
    if (command !== undefined) return commandPage(originalOf(command, commands), sheet);
    const topic = topics.find(({ name }) => name === id);
    if (topic !== undefined && count === words.length) return topicPage(id, topic.description ?? '', commands, sheet);
  }
  const typed = words.join(' ');
  const known = commands.filter(({ hidden }) => !hidden).map(({ id }) => id.replaceAll(':', ' '));
  throw new MqdynError('E_USAGE', `there is no help for ${typed}.${didYouMean(typed, [...known, ...HELP_PAGES])}`, {
    hint: 'See mqdyn help.',
  });
}

const DESCRIPTION = `See what the EMQX backend keeps in DynamoDB, explain why a client gets a message or not, and replay recorded events.

mqdyn is an admin CLI for the tables of emqx_backend_dynamo; no broker has to run.`;

/** The words before the first flag. The word help in front of others is how the question was asked. */
function wordsOf(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = end < 0 ? [...argv] : argv.slice(0, end);
  const own = words[0] === 'help' && (words.length > 1 || end < 0) ? words.slice(1) : words;
  return own.flatMap((word) => word.split(':'));
}

function originalOf(command: PageCommand, commands: readonly PageCommand[]): PageCommand {
  if (!isAlias(command)) return command;
  return commands.find((other) => !isAlias(other) && other.aliases?.includes(command.id)) ?? command;
}

function isPageName(word: string): word is PageName {
  return (HELP_PAGES as readonly string[]).includes(word);
}
