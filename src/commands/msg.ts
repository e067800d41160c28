import { Args, Flags } from '@oclif/core';
import { decodedMessageId } from '../app/views/decode-message-id.ts';
import { openReader } from '../app/views/open-reader.ts';
import { showMessages } from '../app/views/show-messages.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, targetFlags } from '../cli/flags.ts';
import { requireMsgid } from '../domain/mqtt/msgid-fault.ts';
import { holdsReplacements } from '../domain/mqtt/payload-form.ts';
import { requireTopicName } from '../domain/mqtt/topic-selection.ts';
import { columns, fieldNames, MESSAGE_COLUMNS } from '../output/columns.ts';
import { blocks } from '../output/items.ts';
import { messageIdItem, messageItem } from '../output/views/messages.ts';

/** What --decode tells of an id. */
const DECODED = ['msgid', 'time', 'timestampMicros', 'node', 'sequence', 'hex'];

export default class Msg extends BaseCommand {
  static override summary = 'show messages by id, or decode message ids';
  static override description = `Takes msgids as the tables hold them, and the hexadecimal ids of the rule engine (29 and 32 digits). A message that is not stored any
more is only found in the map, the retained messages and the acks of the topic that --topic names. Exit 1 when one is not found.

--json has the stored attributes (msgid, topic, sender, qos, retain, payload, arrived) with time, bytes, stored, queued (the map
lists it), retained (it is the retained message), acks (clients whose last ack it is) and payloadForm: json, text, hex, base64 or
empty, judged by the bytes. --decode has msgid, time, timestampMicros, node, sequence, hex.`;
  static override fields = [...fieldNames(MESSAGE_COLUMNS), ...DECODED];
  static override anyField = true;
  static override examples = [
    '<%= config.bin %> msg Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD',
    '<%= config.bin %> msg --decode 00058CE94E63BEADF44300000A530001',
  ];
  static override strict = false;
  static override args = { msgid: Args.string({ required: true, description: 'message ids' }) };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    decode: Flags.boolean({ summary: 'show what the id itself says; needs no target' }),
    topic: Flags.string({
      helpValue: 'TOPIC',
      exclusive: ['decode'],
      summary: 'topic under which to look for a message that is gone',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Msg);
    const given = argv.map(requireMsgid);
    const ids = [...new Set(given)];
    if (flags.decode) {
      const items = given.map((id) => messageIdItem(decodedMessageId(id)));
      const [only, another] = items;
      const decoded = columns(DECODED);
      this.requireFields(flags, decoded);
      if (only !== undefined && another === undefined) return this.show(only, decoded, flags);
      return this.list({ columns: decoded, items: blocks(items) }, flags);
    }
    if (flags.topic !== undefined) requireTopicName(flags.topic);
    const context = this.readContext(await this.open(flags));
    const reader = await openReader(context, { keyed: ['mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'] });
    const messages = await showMessages(reader, ids, flags.topic);
    const missing = ids.filter((id) => !messages.some(({ msgid }) => msgid === id));
    const sentence = `not found: ${missing.join(' ')}`;
    const items = messages.map(messageItem);
    const [first] = items;
    if (first === undefined) return this.nothingFound(MESSAGE_COLUMNS, sentence, flags);
    if (ids.length === 1) await this.show(first, MESSAGE_COLUMNS, flags);
    else await this.showEach({ columns: MESSAGE_COLUMNS, open: true, items }, flags);
    for (const { msgid } of messages.filter(({ item }) => holdsReplacements(item?.['payload']))) {
      this.note(`${msgid}: U+FFFD in the payload; the backend writes it in place of bytes that are not UTF-8`);
    }
    if (missing.length > 0) {
      this.note(sentence);
      this.exit(1);
    }
  }
}
