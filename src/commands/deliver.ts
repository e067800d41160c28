import { deliver } from '../app/live/deliver.ts';
import type { DeliverResult } from '../app/live/deliver-options.ts';
import { planDelivery, type PlanOptions, type PlanSums } from '../app/live/plan-deliver.ts';
import type { Choice } from '../app/live/stored-messages.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { confirmDeliver } from '../cli/confirm.ts';
import { brokerOf, clientsOf, deliverFlags, sessionsOf } from '../cli/deliver-flags.ts';
import { outputFlags, targetFlags, type OutputFlags } from '../cli/flags.ts';
import { hooksFlags, hooksInForce } from '../cli/hooks-flags.ts';
import type { StopSignal } from '../cli/io.ts';
import { countText, plural } from '../domain/count-text.ts';
import { MqdynError } from '../domain/errors.ts';
import { topicSelection } from '../domain/mqtt/topic-selection.ts';
import { DELIVER_COLUMNS, DELIVER_PLAN_COLUMNS, fieldNames } from '../output/columns.ts';
import { blocks, itemsOf } from '../output/items.ts';
import { deliverTotals, planTotals, topicPlanItem, unsentItem } from '../output/views/deliver.ts';

/** Members of the result beside its items; `retained` and `pending` are columns of a dry run as well. */
const TOTALS = [
  'published',
  'acknowledged',
  'unknown',
  'acknowledgedBefore',
  'sessions',
  'acked',
  'unsent',
  'seconds',
  'journal',
];

export default class Deliver extends BaseCommand {
  static override summary = 'publish what is stored to a live MQTT broker';
  static override description = `Publishes in order of time, at the stored QoS. The order of a topic is kept as far as MQTT keeps it: among messages of one QoS.
With MQTT 5 each message carries its msgid as the user property mqdyn-msgid. Credentials are MQDYN_MQTT_USERNAME and
MQDYN_MQTT_PASSWORD, or a certificate. A broker that does not speak the version of --protocol is an error.

A retained message keeps its retain flag. A message that waits keeps it where it still is the retained message of its topic; any
other would come back as such.

A broker keeps a message only for sessions that are there: --pre-create-sessions connects once as each client with stored
subscriptions, subscribes them, and disconnects. A client that is online would lose its connection, so list those that are online
with --online-list. How much a broker queues for a session is its own setting.

What the broker acknowledged is in the journal. A delivery that was stopped, killed or cut off goes on with --resume; messages
that were sent and not acknowledged go once more, at most 64. --ack takes what was acknowledged out of the tables as an ack of a
client does, where a stored subscription with QoS 1 or 2 matches it; what was taken is in the file JOURNAL.acked, for mqdyn rewind.

Exit 3: something could not be delivered; each reason is counted, and --resume tries it again.`;
  static override fields = [...fieldNames(DELIVER_COLUMNS, DELIVER_PLAN_COLUMNS), ...TOTALS];
  static override examples = [
    '<%= config.bin %> deliver --to mqtts://broker.example.com --retained --pending --dry-run',
    '<%= config.bin %> deliver --to mqtt://localhost --pending --pre-create-sessions --online-list online.txt --yes',
    '<%= config.bin %> deliver --to mqtt://localhost --pending --client panel-1 --ack --yes',
  ];
  static override flags = { ...targetFlags, ...outputFlags, ...deliverFlags, ...hooksFlags };
  private publishing = false;

  async run(): Promise<void> {
    const { flags } = await this.parse(Deliver);
    const started = performance.now();
    const { retained, pending } = flags;
    if (!retained && !pending) throw new MqdynError('E_USAGE', 'name what to deliver: --retained, --pending, or both');
    const selection = topicSelection(flags.topic);
    const { rules, fallback } = await hooksInForce(flags, (sentence) => this.note(sentence));
    const choice: Choice = { retained, pending, selection, clients: clientsOf(flags), rules };
    const broker = await brokerOf(flags, this.io.env, process.pid);
    const sessions = await sessionsOf(flags);
    if (sessions?.online?.has(broker.clientId)) {
      throw new MqdynError('E_USAGE', `--client-id ${broker.clientId} is online on the broker, and would lose its connection`);
    }
    const maxPayload = flags['max-payload'];
    if (!flags['dry-run']) await confirmDeliver(this.io, broker.label, flags.yes);
    const context = this.readContext(await this.open(flags, { fallback, writes: flags.ack }));
    if (flags['dry-run']) {
      const { online = new Set<string>() } = sessions ?? {};
      return this.plan({ ...context, choice, maxPayload, sessions: sessions && { online } }, flags);
    }
    this.note(`Publishing to: ${broker.label} (MQTT ${flags.protocol === '4' ? '3.1.1' : '5'})`);
    if (flags.ack) this.warnOfAcks(broker.protocol);
    this.publishing = true;
    const line = this.startProgress('delivering');
    const { rate, ack, journal, resume } = flags;
    const progress = (text: string) => line.at(text);
    const result = await deliver({
      ...context,
      choice,
      broker,
      ownClientId: flags['client-id'],
      sessions,
      rate,
      maxPayload,
      ack,
      journal,
      resume,
      progress,
    });
    await this.report(result, (performance.now() - started) / 1_000, flags);
  }

  private async plan(options: PlanOptions, flags: OutputFlags): Promise<void> {
    const sums: PlanSums = { unsent: [], messages: 0, sessions: 0, online: 0 };
    const items = itemsOf(planDelivery(options, sums), topicPlanItem);
    const whenEmpty = 'nothing to deliver';
    await this.list(
      { columns: DELIVER_PLAN_COLUMNS, items, totals: () => planTotals(sums.unsent, sums.sessions), whenEmpty },
      flags,
    );
    for (const { reason, count, examples } of sums.unsent)
      this.note(`${reason}: ${countText(count)}, for example ${examples[0]}`);
    if (options.sessions !== undefined)
      this.note(`${countText(sums.sessions)} ${plural('session', sums.sessions)} would be made${aloneText(sums.online)}`);
    this.note(`dry run: nothing was sent; ${countText(sums.messages)} ${plural('message', sums.messages)} would be`);
    if (sums.unsent.length > 0) this.exit(3);
  }

  private async report(result: DeliverResult, seconds: number, flags: OutputFlags): Promise<void> {
    const items = blocks(result.unsent.map(unsentItem));
    await this.list({ columns: DELIVER_COLUMNS, items, totals: () => deliverTotals(result, seconds) }, flags);
    const { acknowledged, unknown, before, sessions, present, online, acked, retained, pending, journal } = result;
    this.note(
      `${countText(acknowledged)} ${plural('message', acknowledged)} acknowledged: ${countText(pending)} pending, ${countText(retained)} retained`,
    );
    if (before > 0) this.note(`${countText(before)} acknowledged in a run before`);
    if (unknown > 0) this.note(`${countText(unknown)} sent once more: what became of them in a run before is unknown`);
    if (sessions + online > 0)
      this.note(`${countText(sessions)} ${plural('session', sessions)} made${thereText(sessions, present)}${aloneText(online)}`);
    if (acked > 0) this.note(`${countText(acked)} left the tables; they are in ${journal}.acked`);
    if (result.unsent.length === 0) return;
    const known = acknowledged + before;
    const already = `${countText(known)} ${known === 1 ? 'is' : 'are'} acknowledged already`;
    if (known > 0) this.note(`to try again what was not delivered, run it with --resume: ${already}`);
    this.exit(3);
  }

  private warnOfAcks(protocol: 4 | 5): void {
    if (protocol === 5) this.note('warning: a broker may acknowledge a message although nobody is there to get it');
    else this.note('warning: with MQTT 3.1.1 a broker cannot say that it refused a message, or that nobody was there to get it');
  }

  protected override onStop(signal: StopSignal): void {
    if (this.publishing && !this.stop.signal.aborted) {
      this.note('stopping: waiting for acknowledgements (interrupt again to stop now)');
    }
    super.onStop(signal);
  }
}

/** Sessions that the broker had already, among those that were made. */
function thereText(sessions: number, present: number): string {
  if (present === 0) return '';
  if (present === sessions) return sessions === 1 ? '; it was there already' : '; all of them were there already';
  return `; ${countText(present)} of them ${present === 1 ? 'was' : 'were'} there already`;
}

/** Clients that are online on the broker. */
function aloneText(online: number): string {
  if (online === 0) return '';
  return `; ${countText(online)} ${plural('client', online)} left alone, because ${online === 1 ? 'it is' : 'they are'} online`;
}
