import { Args, Flags } from '@oclif/core';
import { explainClient, type SubscriptionVerdict } from '../app/views/explain-client.ts';
import { explainDelivery } from '../app/views/explain-delivery.ts';
import { openReader } from '../app/views/open-reader.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { hooksFlags, hooksInForce } from '../cli/hooks-flags.ts';
import { spentText } from '../cli/show-items.ts';
import { MqdynError } from '../domain/errors.ts';
import { outputFlags, targetFlags, type OutputFlags, type TargetFlags } from '../cli/flags.ts';
import { ordered, orderOf, sortFlag } from '../cli/sort.ts';
import { nextCommand, nextForWildcard } from '../cli/next-command.ts';
import { evidenceOf } from '../domain/delivery/evidence.ts';
import { VERDICT_SENTENCES } from '../domain/delivery/verdict.ts';
import type { Item } from '../domain/item.ts';
import { requireMsgid } from '../domain/mqtt/msgid-fault.ts';
import { requireTopicName, topicSelection } from '../domain/mqtt/topic-selection.ts';
import { EXPLAIN_CLIENT_COLUMNS, EXPLAIN_COLUMNS, fieldNames } from '../output/columns.ts';
import { explanationSections } from '../output/explanation.ts';
import { itemOf, listOf, valueOf } from '../output/items.ts';
import { spentItem } from '../output/views/reads.ts';

const KEYED = ['mqtt_client', 'mqtt_sub', 'mqtt_topic_msg_map', 'mqtt_msg', 'mqtt_retain', 'mqtt_acked'] as const;

type Asked = Record<'msgid' | 'subscribed' | 'sort' | 'hooks' | 'pool', string | undefined>;

export default class Explain extends BaseCommand {
  static override summary = 'explain why a client would or would not receive what is stored under a topic';
  static override description = `Reads by key what the broker would read when the client connects and its stored subscriptions are made again, and
decides by the backend's own rules. Exit 0: would be delivered; 1: would not. With --msgid the question is about that message
alone. Without TOPIC every stored subscription gets a verdict of its own; exit 0 when anything would be delivered. A
subscription with a wildcard finds nothing that is stored.

--json has clientid, topic, msgid, delivered, verdict (a stable code), sentence, evidence (step and says), next, consumedCapacity.`;
  static override fields = fieldNames(EXPLAIN_COLUMNS, EXPLAIN_CLIENT_COLUMNS);
  static override examples = [
    '<%= config.bin %> explain panel-1',
    '<%= config.bin %> explain panel-1 plant/a/temp',
    '<%= config.bin %> explain panel-1 plant/a/temp --msgid Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD',
    "<%= config.bin %> explain panel-1 plant/a/temp --subscribed 'plant/+/temp' --qos 1",
  ];
  static override args = {
    clientid: Args.string({ required: true, description: 'client id' }),
    topic: Args.string({ description: 'topic name, without wildcards; every stored subscription when none is named' }),
  };
  static override flags = {
    ...targetFlags,
    ...outputFlags,
    sort: sortFlag,
    msgid: Flags.string({ helpValue: 'ID', summary: 'ask about this message, by its msgid or hexadecimal id' }),
    subscribed: Flags.string({ helpValue: 'FILTER', summary: 'as if the client itself subscribed to this filter' }),
    qos: Flags.integer({
      helpValue: '0|1|2',
      min: 0,
      max: 2,
      dependsOn: ['subscribed'],
      summary: 'QoS of --subscribed (0)',
    }),
    ...hooksFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain);
    const { clientid, topic } = args;
    this.requireFields(flags, topic === undefined ? EXPLAIN_CLIENT_COLUMNS : EXPLAIN_COLUMNS);
    if (topic === undefined) return this.walk(clientid, flags);
    requireTopicName(topic);
    if (flags.sort !== undefined) throw new MqdynError('E_USAGE', '--sort has nothing to sort with TOPIC');
    topicSelection(flags.subscribed);
    const msgid = flags.msgid === undefined ? undefined : requireMsgid(flags.msgid);
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    const context = this.readContext(await this.open(flags, { fallback }));
    const reader = await openReader(context, { keyed: KEYED });
    const subscribed = flags.subscribed === undefined ? undefined : { text: flags.subscribed, qos: flags.qos ?? 0 };
    const { facts, verdict } = await explainDelivery(reader, { clientid, topic, msgid, subscribed }, rules);
    const { code, delivered } = verdict;
    const evidence = evidenceOf(facts);
    const explained = { delivered, code, sentence: VERDICT_SENTENCES[code], evidence, next: nextCommand(facts, verdict) };
    const item = {
      ...itemOf({
        clientid,
        topic,
        msgid: msgid ?? null,
        delivered,
        verdict: code,
        sentence: explained.sentence,
        next: explained.next,
      }),
      evidence: listOf(evidence.map(({ step, says }) => itemOf({ step, says }))),
      consumedCapacity: valueOf(reader.spent.units),
    };
    await this.showReport(item, EXPLAIN_COLUMNS, (options) => explanationSections(explained, options), flags);
    if (!delivered) this.exit(1);
  }

  /** One item for each stored subscription. */
  private async walk(clientid: string, flags: TargetFlags & OutputFlags & Asked): Promise<void> {
    const asked = (['msgid', 'subscribed'] as const).find((name) => flags[name] !== undefined);
    if (asked !== undefined) throw new MqdynError('E_USAGE', `--${asked} asks about one topic: name it as TOPIC`);
    const order = orderOf(flags.sort, fieldNames(EXPLAIN_CLIENT_COLUMNS));
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    const context = this.readContext(await this.open(flags, { fallback }));
    const reader = await openReader(context, { keyed: KEYED });
    let delivered = 0;
    const items = (async function* () {
      for await (const verdicts of explainClient(reader, clientid, rules)) {
        delivered += verdicts.filter(({ verdict }) => verdict.delivered).length;
        yield verdicts.map((each) => verdictItem(clientid, each));
      }
    })();
    const whenEmpty = `no stored subscriptions of ${clientid}`;
    const listing = { columns: EXPLAIN_CLIENT_COLUMNS, items, totals: () => spentItem(reader.spent), whenEmpty };
    await this.list(ordered(listing, order), flags);
    this.note(spentText(reader.spent));
    if (delivered === 0) this.exit(1);
  }
}

function verdictItem(clientid: string, { topic, filter, qos, verdict, facts }: SubscriptionVerdict): Item {
  const { code, delivered } = verdict;
  const next = facts === undefined ? nextForWildcard(filter) : nextCommand(facts, verdict);
  return itemOf({ clientid, topic, qos, delivered, verdict: code, sentence: VERDICT_SENTENCES[code], next });
}
