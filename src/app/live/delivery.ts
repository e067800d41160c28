import { MqdynError } from '../../domain/errors.ts';
import { countText, plural } from '../../domain/count-text.ts';
import type { DeliverView } from '../../domain/views/deliver.ts';
import type { MqttConnection } from '../../broker/mqtt-connection.ts';
import type { Pace } from '../../dynamo/pace.ts';
import { readAhead } from '../../dynamo/pages.ts';
import type { DeliverJournal, DeliverNote, MessageName } from '../../files/deliver-journal.ts';
import type { Journal } from '../../files/journal.ts';
import type { TableReader } from '../views/table-reader.ts';
import type { DeliverOptions } from './deliver-options.ts';
import { emptyStore } from './empty-store.ts';
import { nameOf, prepare, type Altered, type Prepared } from './prepare.ts';
import { sendGroup, type GroupOutcome } from './send-group.ts';
import type { ClientTopics, Entry } from './stored-messages.ts';
import type { Unsent } from './unsent.ts';

/** Messages that are read, noted and sent together; after a cut no more than these are unknown. */
const GROUP = 64;

type Parts = {
  reader: TableReader;
  connection: MqttConnection;
  journal: DeliverJournal;
  /** The journal of what leaves the tables; undefined where nothing does. */
  emptying: Journal | undefined;
  unsent: Unsent;
  options: DeliverOptions;
};

type Sending = { pace: Pace | undefined; inFlight: number | undefined; topics: ClientTopics | undefined };

/** What is sent together, and what a run before delivered and did not take out of the tables. */
type Group = { prepared: Prepared[]; delivered: Prepared[] };

/** One run of a delivery: sends group by group, and keeps count. */
export class Delivery {
  private readonly parts: Parts;
  private readonly counts = { published: 0, acknowledged: 0, unknown: 0, before: 0, retained: 0, pending: 0, acked: 0 };
  private readonly altered: Altered = { qosLowered: 0, retainCleared: 0 };
  /** What the next line of the journal has to say. */
  private note: DeliverNote = {};

  constructor(parts: Parts) {
    this.parts = parts;
    // what a delivery before took out of the tables is none of this one's business
    if (parts.emptying !== undefined) this.note = { emptied: parts.emptying.size };
  }

  /** Sends all entries that no run before has delivered, and notes the end. */
  async send(entries: AsyncIterable<Entry>, sending: Sending): Promise<void> {
    const { journal, options } = this.parts;
    for await (const group of readAhead([this.groups(entries, sending)])) {
      options.signal.throwIfAborted();
      await this.sendOne(group, sending);
      options.progress(`${countText(this.counts.acknowledged)} messages acknowledged`);
    }
    await journal.note({ finished: true, ...this.note });
    this.tellAltered();
  }

  result(): Omit<DeliverView, 'sessions' | 'journal'> {
    return this.counts;
  }

  private async *groups(entries: AsyncIterable<Entry>, { inFlight }: Sending): AsyncGenerator<Group> {
    const most = Math.min(GROUP, inFlight ?? GROUP);
    let group: Entry[] = [];
    for await (const entry of entries) {
      // what only the journal knows has left the tables
      if (!entry.pending && !entry.retained) continue;
      if (entry.acked) this.counts.before += 1;
      if (entry.acked && (!entry.pending || this.parts.emptying === undefined)) continue;
      // one that may have ended the connection goes alone, so that it is named should it do so again
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
    const { reader, connection, unsent, options } = this.parts;
    const limits = { ...connection.limits, maxPayload: options.maxPayload };
    const all = await prepare(reader, entries, limits, { unsent, altered: this.altered });
    return { prepared: all.filter(({ entry }) => !entry.acked), delivered: all.filter(({ entry }) => entry.acked) };
  }

  private async sendOne({ prepared, delivered }: Group, { pace, topics }: Sending): Promise<void> {
    const { connection, journal, options } = this.parts;
    if (prepared.length > 0) {
      await journal.note({ ...this.note, sent: prepared.map(messageName) });
      this.note = {};
    }
    const outcome = await sendGroup(connection, prepared, { pace, signal: options.signal });
    const acknowledged = this.count(prepared, outcome);
    if (outcome.failure !== undefined || options.signal.aborted) {
      await journal.note(this.note);
      throw outcome.failure === undefined ? options.signal.reason : this.cut(prepared, outcome);
    }
    await this.empty([...delivered, ...acknowledged], topics);
  }

  /** Counts what became of a group, and prepares the note of it. Resolves with what the broker acknowledged. */
  private count(prepared: readonly Prepared[], { answers, sent }: GroupOutcome): Prepared[] {
    const { unsent } = this.parts;
    const acknowledged: Prepared[] = [];
    const answered: MessageName[] = [];
    for (const [index, one] of prepared.entries()) {
      const answer = answers[index];
      if (answer === 'acknowledged') acknowledged.push(one);
      else if (answer !== undefined || index >= sent) answered.push(messageName(one));
      if (answer === 'nobody') {
        // a retained message is for those who come later
        if (one.publication.retain) acknowledged.push(one);
        else unsent.add('no_subscriber', nameOf(one.entry));
      } else if (typeof answer === 'object') unsent.add('refused_by_broker', `${nameOf(one.entry)}: ${answer.refused}`);
      if (index < sent && one.entry.sent) this.counts.unknown += 1;
    }
    this.counts.published += sent;
    this.counts.acknowledged += acknowledged.length;
    this.counts.retained += acknowledged.filter(({ entry }) => entry.retained).length;
    this.counts.pending += acknowledged.filter(({ entry }) => entry.pending).length;
    this.note = { ...this.note, acked: acknowledged.map(messageName), answered };
    return acknowledged;
  }

  private async empty(delivered: readonly Prepared[], topics: ClientTopics | undefined): Promise<void> {
    const { emptying, options } = this.parts;
    if (emptying === undefined || delivered.length === 0) return;
    this.counts.acked += await emptyStore(options, emptying, delivered, (topic) => topics?.queues.get(topic) ?? []);
    this.note = { ...this.note, emptied: emptying.size };
  }

  private cut(prepared: readonly Prepared[], { failure, answers, sent }: GroupOutcome): unknown {
    const unknown = prepared.filter((_one, index) => index < sent && answers[index] === undefined);
    const [first] = unknown;
    if (!(failure instanceof MqdynError) || first === undefined) return failure;
    const what = `${countText(unknown.length)} ${plural('message', unknown.length)} sent and not acknowledged`;
    const detail = [...failure.detail, `  unknown: ${what}, the first one ${nameOf(first.entry)}; --resume sends them once more`];
    return new MqdynError(failure.code, failure.message, { detail, cause: failure, hint: failure.hint, exit: failure.exit });
  }

  private tellAltered(): void {
    const { notice } = this.parts.options;
    const { qosLowered, retainCleared } = this.altered;
    if (qosLowered > 0)
      notice(`warning: ${countText(qosLowered)} sent with the broker's maximum QoS, which is lower than the stored one`);
    if (retainCleared > 0) {
      notice(`${countText(retainCleared)} sent without the retain flag: no longer the retained message of the topic`);
    }
  }
}

function messageName({ entry }: Prepared): MessageName {
  return [entry.topic, entry.msgid];
}
