import { Flags } from '@oclif/core';
import type { WriteContext } from '../app/mend/item-table.ts';
import { plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { FORMAT_NAMES } from '../output/formats/registry.ts';
import { tableColumns } from '../output/columns.ts';
import { exportLine } from '../domain/json/plain-json.ts';
import { ReaderGone } from '../output/sink.ts';
import { BaseCommand, type Session } from './base-command.ts';
import { outputFlags, type OutputFlags } from './flags.ts';

/** Output of what a command replaced or deleted: by default in the one form in which nothing is lost. */
export const oldItemFlags = {
  ...outputFlags,
  format: Flags.string({
    char: 'o',
    options: [...FORMAT_NAMES],
    default: 'ddb-json',
    summary: 'ddb-json is lossless and goes back through put; table for people; json one document; jsonl and csv',
  }),
};

export const ifFlag = Flags.string({
  helpValue: 'EXPR',
  summary: "only where this holds, written as --filter of scan: connect_state = 1 and node = 'emqx@10.0.0.9'",
});

export const noCheckFlag = Flags.boolean({
  summary: 'write what the backend could not use, too: no rules but those of DynamoDB',
});

/** A command that changes items by hand and prints how they were before. */
export abstract class ItemCommand extends BaseCommand {
  static override anyField = true;

  protected writeContext({ dynamo, liveName }: Session): WriteContext {
    return { dynamo, liveName, signal: this.stop.signal, now: () => this.io.now() };
  }

  /**
   * Prints items as they were, each before the next one is changed. Should stdout not take one, it goes to stderr: it is
   * nowhere else any more.
   */
  protected async showOld(table: string, items: AsyncIterable<Item>, flags: OutputFlags): Promise<number> {
    const { sink } = this.outputOptions(flags);
    // a table for people is laid out when its rows are known
    const held = flags.format === 'table' && !flags.json;
    const unseen: Item[] = [];
    const flushed = async () => {
      await sink.flush();
      if (!held) unseen.length = 0;
    };
    let count = 0;
    const old = (async function* () {
      for await (const item of items) {
        count += 1;
        unseen.push(item);
        yield [item];
        await flushed();
      }
    })();
    try {
      await this.list({ columns: tableColumns(table), open: true, items: old }, flags);
      return count;
    } catch (error) {
      const broken = error instanceof ReaderGone || (error instanceof MqdynError && error.code === 'E_OUTPUT');
      if (!broken) await flushed().catch(() => undefined);
      this.io.stderr.write(unseen.map((item) => `${exportLine(table, item)}\n`).join(''));
      throw error;
    }
  }

  /** Says what a line of plain JSON may have meant otherwise. */
  protected noteLists(names: readonly string[]): void {
    for (const name of new Set(names)) {
      this.note(`note: ${name} is stored as a list; a set is written {"${name}":{"SS":[...]}}, every other attribute typed too`);
    }
  }

  protected countNote(count: number, what: string): void {
    this.note(`${count} ${plural('item', count)} ${what}`);
  }
}

/** Items that are all there already. */
export async function* stream(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
