import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core';
import type { PageCommand } from '../../src/cli/help/command-page.ts';
import { ROOT } from './root.ts';

const COMMANDS = join(ROOT, 'src/commands');

type Class = Omit<Command.Class, 'flags'> & { flags?: Command.Class['flags'] };

/** Every command as help sees it, from source: under the id that the program gives it, with the defaults that help shows. */
export async function pageCommands(): Promise<PageCommand[]> {
  const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.map(async (file): Promise<PageCommand> => {
    const module = (await import(pathToFileURL(join(COMMANDS, file)).href)) as { default: Class };
    const { summary, description, examples, aliases, args, flags = {}, strict, hidden } = module.default;
    const id = file.replace(/\.ts$/, '').replaceAll('/', ':');
    const shown = Object.entries(flags).map(async ([name, flag]) => [name, { ...flag, default: await defaultOf(flag) }] as const);
    return {
      ...{ id, summary, description, examples, strict, hidden },
      aliases: aliases?.map((alias) => alias.replaceAll(' ', ':')),
      args,
      flags: Object.fromEntries(await Promise.all(shown)) as PageCommand['flags'],
    };
  });
  const commands = (await Promise.all(found)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return commands.flatMap((command) => [command, ...(command.aliases ?? []).map((id) => ({ ...command, id }))]);
}

async function defaultOf(flag: object): Promise<unknown> {
  const { default: fallback, defaultHelp } = flag as { default?: unknown; defaultHelp?: unknown };
  return typeof defaultHelp === 'function' ? (defaultHelp as () => Promise<unknown>)() : fallback;
}
