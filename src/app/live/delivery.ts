import { MqdynError } from '../../domain/errors.ts';
import { countText, plural } from '../../domain/count-text.ts';
import type { DeliverView } from '../../domain/views/deliver.ts';
import type { MqttConnection } from '../../broker/mqtt-connection.ts';
import type { Pace } from '../../dynamo/pace.ts';
import { readAhead } from '../../dynamo/pages.ts';
import type { DeliverJournal, MessageName } from '../../files/deliver-journal.ts';
import type { Journal } from '../../files/journal.ts';
import type { TableReader } from '../views/table-reader.ts';
import type { DeliverOptions } from './deliver-options.ts';
import { emptyStore } from './empty-store.ts';
import { nameOf, prepare, type Altered, type Prepared } from './prepare.ts';
import { sendGroup, type GroupOutcome } from './send-group.ts';
import type { ClientTopics, Entry } from './stored-messages.ts';
import type { Subscribers } from './subscribers.ts';
import type { Unsent } from './unsent.ts';

/** Messages that are read, noted and sent together; after a cut no more than these are unknown. */
const GROUP = 64;

type Parts = {
  reader: TableReader;
  connection: MqttConnection;
  /** Connects once more, after a message with which the broker ended the connection. */
  reconnect: () => Promise<MqttConnection>;
  journal: DeliverJournal;
  /** The journal of what leaves the tables; undefined where nothing does. */
  emptying: Journal | undefined;
  unsent: Unsent;
  options: DeliverOptions;
};

type Sending = { pace: Pace | undefined; topics: ClientTopics | undefined; subscribers: Subscribers | undefined };

/** What is sent together, and what a run before delivered and did not take out of the tables. */
type Group = { prepared: Prepared[]; delivered: Prepared[] };

/** One run of a delivery: sends group by group, and keeps count. */
export class Delivery {
  private readonly parts: Parts;
  private connection: MqttConnection;
  private readonly counts = { published: 0, acknowledged: 0, unknown: 0, before: 0, retained: 0, pending: 0, acked: 0 };
  private readonly altered: Altered = { qosLowered: 0, retainCleared: 0 };
  /** Topics of which a message was refused for now. */
  private readonly heldBack = new Set<string>();
  /** Messages that were under way when an earlier one of their topic was refused. */
  private overtook = 0;
  /** Messages that stay in the tables although the broker acknowledged them. */
  private kept = 0;

  constructor(parts: Parts) {
    this.parts = parts;
    this.connection = parts.connection;
  }

  /** Sends all entries that no run before has delivered, and notes the end once nothing is left to be sent. */
  async send(entries: AsyncIterable<Entry>, sending: Sending): Promise<void> {
    const { journal, emptying, options, unsent } = this.parts;
    for await (const group of readAhead([this.groups(entries)])) {
      options.signal.throwIfAborted();
      await this.sendOne(group, sending);
      const { acknowledged } = this.counts;
      options.progress(`${countText(acknowledged)} ${plural('message', acknowledged)} acknowledged`);
    }
    if (unsent.isEmpty) await journal.note({ finished: true, ...this.emptied() });
    else if (emptying !== undefined && journal.hasNotes) await journal.note(this.emptied());
    this.tell();
  }

  result(): Omit<DeliverView, 'sessions' | 'journal'> {
    return this.counts;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async *groups(entries: AsyncIterable<Entry>): AsyncGenerator<Group> {
    const { emptying, options } = this.parts;
    // at a slow rate acknowledgements are noted every second
    const most = Math.min(GROUP, this.connection.limits.inFlight ?? GROUP, options.rate ?? GROUP);
    let group: Entry[] = [];
    for await (const entry of entries) {
      // what only the journal knows has left the tables
      if (!entry.pending && !entry.retained) continue;
      if (entry.acked) this.counts.before += 1;
      if (entry.acked && (!entry.pending || emptying === undefined)) continue;
      // one that may have ended the connection goes alone, so that it is known should it do so again
      const goesAlone = entry.sent && !entry.acked;
      if (group.length >= most || (goesAlone && group.length > 0)) {
        yield await this.groupOf(group);
        group = [];
      }
      group.push(entry);
      if (!goesAlone) continue;
      yield await this.groupOf(group);
      group = [];
    }
    if (group.length > 0) yield await this.groupOf(group);
  }

  private async groupOf(entries: readonly Entry[]): Promise<Group> {
    const { reader, unsent, options } = this.parts;
    const limits = { ...this.connection.limits, maxPayload: options.maxPayload };
    const all = await prepare(reader, entries, limits, { unsent, altered: this.altered });
    return { prepared: all.filter(({ entry }) => !entry.acked), delivered: all.filter(({ entry }) => entry.acked) };
  }

  private async sendOne({ prepared, delivered }: Group, sending: Sending): Promise<void> {
    const { unsent, options } = this.parts;
    const isHeldBack = ({ entry }: Prepared) => this.heldBack.has(entry.topic);
    for (const { entry } of prepared.filter(isHeldBack)) unsent.add('held_back', nameOf(entry));
    const acknowledged = await this.publish(
      prepared.filter((one) => !isHeldBack(one)),
      sending.pace,
    );
    options.signal.throwIfAborted();
    await this.empty([...delivered, ...acknowledged], sending);
  }

  /** Resolves with what the broker acknowledged, once that is noted. */
  private async publish(group: readonly Prepared[], pace: Pace | undefined): Promise<Prepared[]> {
    if (group.length === 0) return [];
    const { journal, options } = this.parts;
    await journal.note({ ...this.emptied(), sent: group.map(messageName) });
    const outcome = await sendGroup(this.connection, group, { pace, signal: options.signal, heldBack: this.heldBack });
    const acknowledged = await this.count(group, outcome);
    if (outcome.failure !== undefined && !(await this.goOnWithout(group))) throw this.cut(group, outcome);
    return acknowledged;
  }

  /** Counts what became of a group, and notes it. Resolves with what the broker acknowledged. */
  private async count(group: readonly Prepared[], { answers, sent }: GroupOutcome): Promise<Prepared[]> {
    const { journal, unsent } = this.parts;
    const acknowledged: Prepared[] = [];
    const answered: MessageName[] = [];
    const refused = new Set<string>();
    for (const [index, one] of group.entries()) {
      const { entry, publication } = one;
      const answer = answers[index];
      if (sent[index] === true) {
        this.counts.published += 1;
        if (entry.sent) this.counts.unknown += 1;
      } else if (this.heldBack.has(entry.topic)) unsent.add('held_back', nameOf(entry));
      // a retained message is for those who come later
      const isThere = answer === 'acknowledged' || (answer === 'nobody' && publication.retain);
      // of one that a run before has sent nobody knows more until it is answered
      if (!isThere && (answer !== undefined || (sent[index] !== true && !entry.sent))) answered.push(messageName(one));
      if (isThere) acknowledged.push(answer === 'nobody' ? { ...one, entry: { ...entry, nobody: true } } : one);
      else if (answer === 'nobody') unsent.add('no_subscriber', nameOf(entry));
      else if (typeof answer === 'object') {
        unsent.add('refused_by_broker', `${nameOf(entry)}: ${answer.refused}`);
        if (answer.mayPass) refused.add(entry.topic);
      }
      if (isThere && refused.has(entry.topic)) this.overtook += 1;
    }
    this.counts.acknowledged += acknowledged.length;
    this.counts.retained += acknowledged.filter(({ entry }) => entry.retained).length;
    this.counts.pending += acknowledged.filter(({ entry }) => entry.pending).length;
    const nobody = acknowledged.filter(({ entry }) => entry.nobody).map(messageName);
    if (acknowledged.length + answered.length > 0)
      await journal.note({ acked: acknowledged.map(messageName), answered, ...(nobody.length > 0 ? { nobody } : {}) });
    return acknowledged;
  }

  /**
   * Whether the rest can go without a message with which the broker ended the connection a second time. It is not noted as answered,
   * so it goes alone the next time as well.
   */
  private async goOnWithout([one, ...others]: readonly Prepared[]): Promise<boolean> {
    const { reconnect, unsent, options } = this.parts;
    if (one === undefined || others.length > 0 || !one.entry.sent || !this.connection.isLost || options.signal.aborted)
      return false;
    const next = await reconnect().catch(() => undefined);
    if (next === undefined) return false;
    await this.connection.close();
    this.connection = next;
    unsent.add('refused_by_broker', `${nameOf(one.entry)}: it ended the connection`);
    return true;
  }

  /** Takes what was delivered out of the tables, as far as something says that a client has it or will get it. */
  private async empty(delivered: readonly Prepared[], { topics, subscribers }: Sending): Promise<void> {
    const { emptying, options, unsent } = this.parts;
    if (emptying === undefined) return;
    const taken: Prepared[] = [];
    for (const one of delivered) {
      const { entry, publication, item } = one;
      if (item === undefined) continue;
      const isFor = subscribers?.hasFor(publication.topic) === true;
      if (publication.qos > 0 && !entry.nobody && isFor) taken.push(one);
      else if (publication.retain || isFor) this.kept += 1;
      else unsent.add('no_subscriber', nameOf(entry));
    }
    if (taken.length > 0)
      this.counts.acked += await emptyStore(options, emptying, taken, (topic) => topics?.queues.get(topic) ?? []);
  }

  /** How much of the journal of the tables is carried out: all of it, between two groups. */
  private emptied(): { emptied?: number } {
    const { emptying } = this.parts;
    return emptying === undefined ? {} : { emptied: emptying.size };
  }

  private cut(group: readonly Prepared[], { failure, answers, sent }: GroupOutcome): unknown {
    const unknown = group.filter((_one, index) => sent[index] === true && answers[index] === undefined);
    const [first] = unknown;
    if (!(failure instanceof MqdynError) || first === undefined) return failure;
    const what = `${countText(unknown.length)} ${plural('message', unknown.length)} sent and not acknowledged`;
    const detail = [...failure.detail, `  unknown: ${what}, the first one ${nameOf(first.entry)}; --resume sends them once more`];
    return new MqdynError(failure.code, failure.message, { detail, cause: failure, hint: failure.hint, exit: failure.exit });
  }

  private tell(): void {
    const { notice } = this.parts.options;
    const { qosLowered, retainCleared } = this.altered;
    if (qosLowered > 0)
      notice(`warning: ${countText(qosLowered)} sent with the broker's maximum QoS, which is lower than the stored one`);
    if (retainCleared > 0) {
      notice(`${countText(retainCleared)} sent without the retain flag: no longer the retained message of the topic`);
    }
    if (this.overtook > 0)
      notice(`warning: ${countText(this.overtook)} went ahead of an earlier one of the topic that the broker refused meanwhile`);
    if (this.kept > 0)
      notice(
        `${countText(this.kept)} stay in the tables although they were acknowledged: sent with QoS 0, or only retained by the broker`,
      );
  }
}

function messageName({ entry }: Prepared): MessageName {
  return [entry.topic, entry.msgid];
}
