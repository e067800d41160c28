import { n, s, type Item } from '../../src/domain/item.ts';
import { encodeMsgid, makeGuid } from '../../src/domain/mqtt/msgid.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';

type Message = { msgid: string; topic: string };

type WriterOptions = {
  topics: readonly string[];
  /** Messages that are queued already and may be acked. */
  queued?: readonly Message[];
  /** Ids under which a message may be stored again, as a replay would. */
  restorable?: readonly Message[];
  /** The time of the first id, in Unix milliseconds. */
  now: number;
  seed: number;
};

/**
 * A broker that publishes, acks, connects, retains and restores at random, with the backend's own calls in its own order: the message
 * before its id; the ack before the message before the id. It makes one call whenever it is asked to, so that whatever runs beside it
 * can be interrupted anywhere, and remembers what the tables must hold of it.
 */
export class RandomWriter {
  readonly waiting = new Map<string, Message>();
  readonly gone = new Map<string, Message>();
  readonly acked = new Map<string, string>();
  readonly clients = new Map<string, Item>();
  readonly retained = new Map<string, Item>();
  /** Calls that it has made. */
  calls = 0;
  private readonly dynamo: Dynamo;
  private readonly options: WriterOptions;
  private readonly work: AsyncGenerator<boolean>;
  private readonly restorable: Message[];
  private state: number;
  private sequence = 0;

  constructor(dynamo: Dynamo, options: WriterOptions) {
    this.dynamo = dynamo;
    this.options = options;
    this.state = options.seed;
    this.restorable = [...(options.restorable ?? [])];
    for (const message of options.queued ?? []) this.waiting.set(message.msgid, message);
    this.work = this.forever();
  }

  /** Makes one call; true when what it belongs to is at its end. */
  async step(): Promise<boolean> {
    this.calls += 1;
    return (await this.work.next()).value === true;
  }

  /** Goes on until nothing is half done. */
  async finish(): Promise<void> {
    while (!(await this.step()));
  }

  /**
   * A connection whose scans have pages of four items, and before each call of which the writer makes some of its own. Now and then it
   * stops for many calls, so that what it has begun stays half done.
   */
  interrupting(dynamo: Dynamo): Dynamo {
    let asleep = 0;
    const interrupt = async () => {
      if (asleep > 0) {
        asleep -= 1;
        return;
      }
      for (let left = Math.floor(this.random() * 6); left > 0; left -= 1) await this.step();
      if (this.random() < 0.2) asleep = 40;
    };
    const call: Dynamo['call'] = async (operation, input, signal) => {
      await interrupt();
      return dynamo.call(operation, operation === 'Scan' ? { ...input, Limit: 4 } : input, signal);
    };
    const use: Dynamo['use'] = async (work, signal) => {
      await interrupt();
      return dynamo.use(work, signal);
    };
    return { options: dynamo.options, call, use, close: () => undefined } as unknown as Dynamo;
  }

  /** Yields after each call: true when an operation is at its end. */
  private async *forever(): AsyncGenerator<boolean> {
    for (;;) {
      const dice = this.random();
      if (dice < 0.35) yield* this.publish(this.newMessage());
      else if (dice < 0.65) yield* this.ack();
      else if (dice < 0.75) yield* this.connect(this.pick(['sensor-1', 'sensor-2', 'sensor-3']), true);
      else if (dice < 0.85) yield* this.retain();
      else yield* this.restore();
    }
  }

  private async *publish(message: Message): AsyncGenerator<boolean> {
    const { msgid, topic } = message;
    await this.put('mqtt_msg', this.item(msgid, topic));
    yield false;
    await this.changeId('ADD', topic, msgid);
    this.waiting.set(msgid, message);
    yield true;
  }

  private async *ack(): AsyncGenerator<boolean> {
    if (this.waiting.size === 0) return;
    const message = this.pick([...this.waiting.values()]);
    const { msgid, topic } = message;
    const clientid = this.pick(['reader-1', 'reader-2']);
    this.waiting.delete(msgid);
    this.gone.set(msgid, message);
    yield* this.connect(clientid, false);
    this.acked.set(`${topic} ${clientid}`, msgid);
    await this.put('mqtt_acked', { topic: s(topic), clientid: s(clientid), msgid: s(msgid) });
    yield false;
    await this.dynamo.call('BatchWriteItem', { RequestItems: { mqtt_msg: [{ DeleteRequest: { Key: { msgid: s(msgid) } } }] } });
    yield false;
    await this.changeId('DELETE', topic, msgid);
    yield true;
  }

  private async *connect(clientid: string, ends: boolean): AsyncGenerator<boolean> {
    const at = n(this.options.now + this.sequence);
    const item = { clientid: s(clientid), connect_state: n(1), node: s('emqx@10.0.0.5'), online_at: at, offline_at: n(0) };
    this.clients.set(clientid, item);
    await this.put('mqtt_client', item);
    yield ends;
  }

  private async *retain(): AsyncGenerator<boolean> {
    const { msgid, topic } = this.newMessage();
    const item = this.item(msgid, topic, 1);
    this.retained.set(topic, item);
    await this.put('mqtt_retain', item);
    yield true;
  }

  private async *restore(): AsyncGenerator<boolean> {
    if (this.restorable.length === 0) return;
    const [message] = this.restorable.splice(Math.floor(this.random() * this.restorable.length), 1);
    yield* this.publish(message!);
  }

  private newMessage(): Message {
    this.sequence += 1;
    const micros = BigInt(this.options.now + this.sequence) * 1_000n;
    return { msgid: encodeMsgid(makeGuid(micros, BigInt(this.options.seed))), topic: this.pick(this.options.topics) };
  }

  private item(msgid: string, topic: string, retain = 0): Item {
    const [payload, arrived] = [s(`${this.sequence}`), n(this.options.now)];
    return { msgid: s(msgid), topic: s(topic), sender: s('writer'), qos: n(1), retain: n(retain), payload, arrived };
  }

  private async put(table: string, item: Item): Promise<void> {
    await this.dynamo.call('BatchWriteItem', { RequestItems: { [table]: [{ PutRequest: { Item: item } }] } });
  }

  private async changeId(verb: 'ADD' | 'DELETE', topic: string, msgid: string): Promise<void> {
    await this.dynamo.call('UpdateItem', {
      TableName: 'mqtt_topic_msg_map',
      Key: { topic: s(topic) },
      UpdateExpression: `${verb} #ids :id`,
      ExpressionAttributeNames: { '#ids': 'MsgId' },
      ExpressionAttributeValues: { ':id': { SS: [msgid] } },
    });
  }

  private pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)]!;
  }

  /** From 0 to below 1, the same for the same seed. */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
