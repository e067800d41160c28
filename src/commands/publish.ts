import { Args, Flags } from '@oclif/core';
import { idOf, planPublish, publish, type Publication, type Published } from '../app/mend/publish.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, STDIN, targetFlags } from '../cli/flags.ts';
import { hooksFlags, hooksInForce } from '../cli/hooks-flags.ts';
import { MqdynError } from '../domain/errors.ts';
import { MAX_ITEM_BYTES, textOf, type AttributeValue, type Item } from '../domain/item.ts';
import { BINARY_PAYLOAD_POLICIES } from '../domain/mqtt/payload.ts';
import { requireTopicName } from '../domain/mqtt/topic-selection.ts';
import { encodeMsgid, microsToIso, readGuid } from '../domain/mqtt/msgid.ts';
import { fieldNames, PUBLISH_COLUMNS } from '../output/columns.ts';
import { itemOf } from '../output/items.ts';

export default class Publish extends BaseCommand {
  static override summary = 'store a message as the backend would have';
  static override description = `Goes by the rules of replay: QoS 1 and 2 to mqtt_msg and the map, retained ones to mqtt_retain, and an empty payload with
--retain deletes what is retained. Prints the message id. Nothing reaches clients that are online: no broker is asked. Exit 1 where
the rules store nothing, and why.

The id has the present time, 6D7164796E00 (mqdyn) in the place of the node, and a random sequence. Payloads that are not UTF-8 come
by stdin, every byte of which is payload.`;
  static override fields = fieldNames(PUBLISH_COLUMNS);
  static override examples = [
    `<%= config.bin %> publish plant/a/temp '{"t":21.5}'`,
    '<%= config.bin %> publish plant/a/state up --retain --qos 0',
    '<%= config.bin %> publish plant/a/image - --binary-payload binary < image.png',
  ];
  static override args = {
    topic: Args.string({ required: true, description: 'topic name, without wildcards' }),
    payload: Args.string({ required: true, description: 'payload as text; - is stdin' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    qos: Flags.integer({ helpValue: '0|1|2', min: 0, max: 2, default: 1, summary: 'QoS of the message' }),
    retain: Flags.boolean({ default: false, summary: 'the message is to be retained' }),
    sender: Flags.string({ helpValue: 'CLIENTID', default: 'mqdyn', summary: 'client that publishes it' }),
    ...hooksFlags,
    'time-unit': Flags.option({
      helpGroup: 'RULE',
      options: ['s', 'ms'] as const,
      default: 's',
      summary: 'unit of arrived: s as documented, ms as plug-in 4.x writes it',
    })(),
    'binary-payload': Flags.option({
      helpGroup: 'RULE',
      options: BINARY_PAYLOAD_POLICIES,
      default: 'reject',
      summary: 'a payload that is not UTF-8: store U+FFFD as the backend does, the bytes, or reject it',
    })(),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Publish);
    requireTopicName(args.topic);
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    const payload = args.payload === STDIN ? await this.stdinBytes() : args.payload;
    const message: Publication = { topic: args.topic, sender: flags.sender, qos: flags.qos, retain: flags.retain, payload };
    const planned = planPublish(message, this.io.now(), {
      rules,
      timeUnit: flags['time-unit'],
      binaryPayload: flags['binary-payload'],
    });
    const asked = { topic: args.topic, qos: flags.qos, retain: flags.retain };
    const isLine = flags.format === 'table' && !flags.json && flags.fields === undefined;
    if (planned.nothing !== undefined) {
      this.note(`nothing is stored: ${planned.nothing}`, { always: true });
      if (!isLine) await this.show(resultItem(asked, undefined), PUBLISH_COLUMNS, flags);
      return this.exit(1);
    }
    const session = await this.open(flags, { writes: true, fallback });
    const done = await publish(this.readContext(session), planned);
    const { stored, deleted, replaced } = done;
    if (!isLine) await this.show(resultItem(asked, { ...done, guid: planned.guid }), PUBLISH_COLUMNS, flags);
    // the id alone, for a shell
    else if (stored.length > 0) await this.write(`${idOf(planned)}\n`, flags);
    if (stored.length > 0) this.note(`stored in ${stored.map(session.liveName).join(', ')}`);
    if (deleted.length > 0) this.note(replaced === undefined ? 'nothing was retained' : `deleted ${wordsOf(replaced)}`);
    else if (replaced !== undefined) this.note(`in the place of ${wordsOf(replaced)}`);
  }

  private async stdinBytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.io.stdin as AsyncIterable<Uint8Array>) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes > MAX_ITEM_BYTES) throw new MqdynError('E_USAGE', 'the payload is larger than an item may be (400 KB)');
    }
    return Buffer.concat(chunks);
  }
}

type Asked = { topic: string; qos: number; retain: boolean };

function resultItem(asked: Asked, done: (Published & { guid: string }) | undefined): Item {
  const isStored = done !== undefined && done.stored.length > 0;
  const { hex, timestampMicros } = readGuid(BigInt(`0x${done?.guid ?? 0}`));
  return {
    ...itemOf({
      msgid: isStored ? encodeMsgid(BigInt(`0x${hex}`)) : null,
      time: isStored ? microsToIso(timestampMicros) : null,
      ...asked,
    }),
    stored: names(done?.stored),
    deleted: names(done?.deleted),
    replaced: done?.replaced === undefined ? { NULL: true } : { M: done.replaced },
  };
}

function names(tables: readonly string[] = []): AttributeValue {
  return { L: tables.map((name) => ({ S: name })) };
}

/** A retained message that goes, in words. */
function wordsOf(replaced: Item): string {
  return `the retained message ${textOf(replaced, 'msgid') ?? '?'} of ${textOf(replaced, 'sender') ?? '?'}`;
}
