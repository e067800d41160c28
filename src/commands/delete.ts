import { Args, Flags } from '@oclif/core';
import { keyNamed } from '../app/key-named.ts';
import { demandOf } from '../app/mend/change-under.ts';
import { deleteItem } from '../app/mend/delete-item.ts';
import { deleteMessages, deleteRetained } from '../app/mend/delete-messages.ts';
import { openItemTable } from '../app/mend/item-table.ts';
import { undoLines } from '../app/mend/undo-lines.ts';
import { targetFlags, type OutputFlags } from '../cli/flags.ts';
import { ifFlag, ItemCommand, oldItemFlags, stream } from '../cli/item-command.ts';
import { labelOf } from '../cli/target/connection.ts';
import type { Session } from '../cli/base-command.ts';
import type { Change } from '../domain/changes/change.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { requireMsgid } from '../domain/mqtt/msgid-fault.ts';
import { escapeJsonForTerminal } from '../output/escape.ts';

type Outcome = { name: string; item: Item | undefined; outcome: 'deleted' | 'missing' | 'changed' };

export default class Delete extends ItemCommand {
  static override summary = 'delete an item, or messages together with their ids';
  static override description = `Prints the item as it was, so that put brings it back. Exit 1 where there is none, or --if does not hold.

delete messages MSGID... takes each id out of the map first, those of one topic in one update, then deletes the message: no id is
left without its message. delete retained TOPIC... deletes retained messages. Both print, before each change, lines of a journal:
rewind takes it back as a whole, put - one table of it. Exit 1 where one is not found, 3 where one has changed meanwhile.`;
  static override examples = [
    '<%= config.bin %> delete mqtt_sub panel-1 plant/a/temp',
    '<%= config.bin %> delete messages Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD > undo.jsonl',
    '<%= config.bin %> delete retained plant/a/state plant/b/state',
  ];
  static override strict = false;
  static override args = {
    table: Args.string({ required: true, description: 'name of the table; messages or retained' }),
    key: Args.string({ required: true, description: 'value of the partition key; message ids, topics' }),
    sort: Args.string({ description: 'value of the sort key, where the table has one' }),
  };
  static override flags = {
    ...targetFlags,
    ...oldItemFlags,
    if: ifFlag,
    topic: Flags.string({ helpValue: 'TOPIC', summary: 'topic whose map lists ids of messages that are gone' }),
  };

  async run(): Promise<void> {
    const { args, flags, argv } = await this.parse(Delete);
    const { table, key, sort } = args;
    const words = argv.slice(1);
    const isPair = table === 'messages' || table === 'retained';
    if (isPair && flags.if !== undefined)
      throw new MqdynError('E_USAGE', `--if goes with one item of a table, not with ${table}`);
    if (flags.topic !== undefined && table !== 'messages') throw new MqdynError('E_USAGE', '--topic goes with delete messages');
    if (table === 'messages') return this.pairs([...new Set(words.map(requireMsgid))], 'mqtt_msg', flags);
    if (table === 'retained') return this.pairs([...new Set(words)], 'mqtt_retain', flags);
    const others = argv.slice(3);
    if (others.length > 0) throw new MqdynError('E_USAGE', `unexpected arguments ${others.join(', ')}`);
    const context = this.writeContext(await this.open(flags, { writes: true }));
    const opened = await openItemTable(context, table);
    const demand = demandOf(opened, flags.if, context.now());
    const deleted = await deleteItem(context, opened, keyNamed(opened, key, sort), demand);
    await this.showOld(table, stream(deleted.made && deleted.before !== undefined ? [deleted.before] : []), flags);
    if (deleted.made) return this.countNote(1, `deleted from ${opened.live}`);
    this.note(`not deleted: ${deleted.why}`, { always: true });
    this.exit(1);
  }

  /** Messages with their ids, or retained messages: as a journal, or in another format as the messages that they were. */
  private async pairs(
    words: readonly string[],
    table: 'mqtt_msg' | 'mqtt_retain',
    flags: OutputFlags & Parameters<Delete['open']>[0] & { topic: string | undefined },
  ): Promise<void> {
    const session = await this.open(flags, { writes: true });
    const context = this.writeContext(session);
    await openItemTable(context, table);
    if (table === 'mqtt_msg') await openItemTable(context, 'mqtt_topic_msg_map');
    const before = this.journalOf(session, flags);
    const outcomes: Outcome[] = [];
    const run = async function* (): AsyncGenerator<Item> {
      const each =
        table === 'mqtt_msg' ? deleteMessages(context, words, flags.topic, before) : deleteRetained(context, words, before);
      for await (const one of each) {
        outcomes.push({ name: 'msgid' in one ? one.msgid : one.topic, item: one.item, outcome: one.outcome });
        if (one.outcome === 'deleted' && one.item !== undefined) yield one.item;
      }
    };
    if (isJournal(flags)) for await (const _ of run());
    else await this.showOld(table, run(), flags);
    const of = (wanted: Outcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).map(({ name }) => name);
    const [deleted, missing, changed] = [of('deleted'), of('missing'), of('changed')];
    this.countNote(deleted.length, `deleted from ${session.liveName(table)}`);
    if (missing.length > 0) this.note(`not found: ${missing.join(' ')}`, { always: true });
    if (changed.length > 0) this.note(`changed meanwhile, and left: ${changed.join(' ')}`, { always: true });
    if (changed.length > 0) this.exit(3);
    if (missing.length > 0) this.exit(1);
  }

  /** Writes each change to stdout, and waits until it is there, before it is made. */
  private journalOf({ target }: Session, flags: OutputFlags): (change: Change) => Promise<void> {
    if (!isJournal(flags)) return async () => undefined;
    const { sink, terminal } = this.outputOptions(flags);
    const line = undoLines({ command: 'delete', target: labelOf(target), at: new Date(this.io.now()).toISOString() });
    return async (change) => {
      await sink.write(terminal ? escapeJsonForTerminal(line(change)) : line(change));
      await sink.flush();
    };
  }
}

function isJournal({ format, json, fields }: OutputFlags): boolean {
  return format === 'ddb-json' && !json && fields === undefined;
}
