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

/** Consent to have DynamoDB put items into existing tables; `what` says how many and where. */
export async function confirmBulk(io: Io, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  const answer = await ask(io, `Put ${what}? Equal keys are replaced. [y/N]`);
  if (/^y(es)?$/i.test(answer ?? '')) return;
  throw new MqdynError('E_CONFIRM', answer === undefined ? 'putting items into existing tables needs --yes' : 'Cancelled');
}

/** Consent to publish to a broker, which nothing takes back. */
export async function confirmDeliver(io: Io, broker: string, yes: boolean): Promise<void> {
  if (yes) return;
  const answer = await ask(io, `Publish to ${broker}? [y/N]`);
  if (/^y(es)?$/i.test(answer ?? '')) return;
  const hint = 'Nothing was sent. --dry-run says what would be.';
  throw new MqdynError('E_CONFIRM', answer === undefined ? 'publishing to a broker needs --yes' : 'Cancelled', { hint });
}

export type TablesConsent = {
  tables: readonly string[];
  /** True on the embedded engine and on loopback, where --yes is enough. */
  local: boolean;
  yes: boolean;
  confirmed: readonly string[];
};

/** What is asked for, in words: `Drop mqtt_msg?`, `dropping tables needs --yes`, `Nothing was dropped.` */
type Asked = { does: string; doing: string; hint: string; to: string };

const DROP: Asked = { does: 'Drop', doing: 'dropping tables', hint: 'Nothing was dropped.', to: 'to drop it' };

/** Consent to drop tables: --yes is enough at home, anywhere else every table is named by --confirm or typed. */
export async function confirmDrop(io: Io, consent: TablesConsent): Promise<void> {
  return confirmTables(io, consent, DROP);
}

const REWIND: Asked = {
  does: 'Take these changes back in',
  doing: 'taking changes back',
  hint: 'Nothing was changed.',
  to: 'to take its changes back',
};

const PURGE: Asked = {
  does: 'Delete from',
  doing: 'deleting from tables',
  hint: 'Nothing was deleted.',
  to: 'to delete from it',
};

/** The same for deleting items. */
export async function confirmPurge(io: Io, consent: TablesConsent): Promise<void> {
  return confirmTables(io, consent, PURGE);
}

/** The same for taking changes of tables back. */
export async function confirmRewind(io: Io, consent: TablesConsent): Promise<void> {
  return confirmTables(io, consent, REWIND);
}

async function confirmTables(
  io: Io,
  { tables, local, yes, confirmed }: TablesConsent,
  { does, doing, hint, to }: Asked,
): Promise<void> {
  const open = tables.filter((table) => !confirmed.includes(table));
  if (open.length === 0 || (local && yes)) return;
  if (local) {
    const answer = await ask(io, `${does} ${tables.join(', ')}? [y/N]`);
    if (/^y(es)?$/i.test(answer ?? '')) return;
    throw new MqdynError('E_CONFIRM', answer === undefined ? `${doing} needs --yes` : 'Cancelled', { hint });
  }
  for (const table of open) {
    const answer = await ask(io, `Type the name of the table (${table}) ${to}:`);
    if (answer === table) continue;
    const flags = open.map((name) => `--confirm ${name}`).join(' ');
    throw new MqdynError('E_CONFIRM', answer === undefined ? `${doing} here needs ${flags}` : 'Cancelled', { hint });
  }
}
