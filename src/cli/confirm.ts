import { createInterface } from 'node:readline/promises';
import { countText } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { safeSentence } from '../output/escape.ts';
import type { Io } from './io.ts';

/** Asks on stderr; empty where the question was not answered, undefined without a terminal, where nobody could answer. */
async function ask(io: Io, question: string): Promise<string | undefined> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) return undefined;
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = prompt.question(`${safeSentence(question)} `);
    // Ctrl-C and Ctrl-D at a question are a no; Node rejects the question then, or leaves it open
    const none = new Promise<string>((resolve) => prompt.once('close', () => resolve('')).once('SIGINT', () => resolve('')));
    return (await Promise.race([answer.catch(() => ''), none])).trim();
  } finally {
    prompt.close();
  }
}

/** Consent to carry out a plan that was shown. */
export async function confirmApply(io: Io, steps: number, yes: boolean): Promise<void> {
  if (yes) return;
  const answer = await ask(io, `Carry out ${steps === 1 ? 'this step' : `these ${steps} steps`}? [y/N]`);
  if (/^y(es)?$/i.test(answer ?? '')) return;
  throw new MqdynError('E_CONFIRM', answer === undefined ? 'changing tables needs --yes' : 'Cancelled');
}

/** Consent to carry out repairs that were shown. */
export async function confirmRepairs(io: Io, repairs: number, yes: boolean): Promise<void> {
  if (yes) return;
  const answer = await ask(io, `Carry out ${repairs === 1 ? 'this repair' : `these ${countText(repairs)} repairs`}? [y/N]`);
  if (/^y(es)?$/i.test(answer ?? '')) return;
  throw new MqdynError('E_CONFIRM', answer === undefined ? 'mending needs --yes' : 'Cancelled');
}

export type DropConsent = {
  tables: readonly string[];
  /** True on the embedded engine and on loopback, where --yes is enough. */
  local: boolean;
  yes: boolean;
  confirmed: readonly string[];
};

/** What is consented to, in words: `Drop` NAME?, `dropping tables` needs --yes, nothing was `dropped`. */
export type ConsentWords = { verb: string; doing: string; done: string };
const DROP: ConsentWords = { verb: 'drop', doing: 'dropping tables', done: 'dropped' };

/** Consent to drop tables: --yes is enough at home, anywhere else every table is named by --confirm or typed. */
export async function confirmDrop(
  io: Io,
  { tables, local, yes, confirmed }: DropConsent,
  { verb, doing, done }: ConsentWords = DROP,
): Promise<void> {
  const hint = `Nothing was ${done}.`;
  const open = tables.filter((table) => !confirmed.includes(table));
  if (open.length === 0 || (local && yes)) return;
  if (local) {
    const question = `${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${tables.join(', ')}? [y/N]`;
    const answer = await ask(io, question);
    if (/^y(es)?$/i.test(answer ?? '')) return;
    throw new MqdynError('E_CONFIRM', answer === undefined ? `${doing} needs --yes` : 'Cancelled', { hint });
  }
  for (const table of open) {
    const answer = await ask(io, `Type the name of the table (${table}) to ${verb} it:`);
    if (answer === table) continue;
    const flags = open.map((name) => `--confirm ${name}`).join(' ');
    throw new MqdynError('E_CONFIRM', answer === undefined ? `${doing} here needs ${flags}` : 'Cancelled', { hint });
  }
}
