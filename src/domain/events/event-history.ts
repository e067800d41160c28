import type { Decoded, HookEvent, Millis } from './event.ts';

/** So many clients and so many acks are remembered, and ids of clients of so many characters: the oldest are forgotten. */
const ENTRIES = 100_000;
const CHARACTERS = 16 << 20;

/** Further ahead of the arrival than this no clock is: what tells such a time is not remembered. In milliseconds. */
const AHEAD = 3_600_000;

/** What is known of a client: when it connected last, and when the session connected whose end was applied. Unix milliseconds. */
type Client = { connected?: number | undefined; ended?: number | undefined };

export type HistoryLimits = { entries?: number; characters?: number };

/**
 * What the events of a broker were that were applied before, as far as it decides about those that come too late. Brokers raise the
 * disconnect of a session that was taken over after the connect of the one that took it (EMQX before 5.9), and deliver hooks over
 * several connections: such a disconnect would show a client offline that is online, and a publish behind its own ack would store a
 * message that nobody takes away any more. An event that tells no time of its own is never late: clocks differ.
 */
export class EventHistory {
  private readonly clients: Recent<Client>;
  private readonly acks: Recent<true>;
  /** Of the window that is under way, which may be read once more. */
  private readonly newClients = new Map<string, Client>();
  private readonly newAcks = new Set<string>();

  constructor({ entries = ENTRIES, characters = CHARACTERS }: HistoryLimits = {}) {
    this.clients = new Recent(entries, characters);
    this.acks = new Recent(entries, Infinity);
  }

  /** True for a disconnect of a session that another one has followed, and for a connect of one that has ended. */
  isLate(decoded: { event: HookEvent; untimed?: true }): boolean {
    const { event } = decoded;
    if (decoded.untimed || (event.hook !== 'client.connected' && event.hook !== 'client.disconnected')) return false;
    const { connected, ended } = this.client(event.clientid) ?? {};
    if (event.hook === 'client.connected') return ended !== undefined && event.onlineAtMs <= ended;
    if (connected === undefined) return false;
    return compare(event.offlineAtMs, connected) < 0 || compare(event.connectedAtMs ?? connected, connected) < 0;
  }

  /** Whether a message was acked before it was published. */
  wasAcked(event: HookEvent): boolean {
    if (event.hook !== 'message.publish') return false;
    const { guid } = event.message;
    return this.newAcks.has(guid) || this.acks.get(guid) !== undefined;
  }

  /** Takes note of an event that is applied, which arrived then, in Unix milliseconds. */
  note({ event, untimed }: Extract<Decoded, { event: HookEvent }>, arrived: number): void {
    if (event.hook === 'message.acked') this.newAcks.add(event.guid);
    if (event.hook !== 'client.connected' && event.hook !== 'client.disconnected') return;
    const { clientid } = event;
    const before = this.client(clientid) ?? {};
    if (untimed) this.newClients.set(clientid, {});
    else if (event.hook === 'client.disconnected') {
      this.newClients.set(clientid, { ...before, ended: known(event.connectedAtMs, arrived) });
    } else {
      const connected = known(event.onlineAtMs, arrived);
      this.newClients.set(clientid, {
        connected: connected === undefined ? undefined : Math.max(connected, before.connected ?? 0),
      });
    }
  }

  /** Forgets what was noted since the last `commit`: those events come once more. */
  rollBack(): void {
    this.newClients.clear();
    this.newAcks.clear();
  }

  commit(): void {
    for (const [clientid, client] of this.newClients) this.clients.set(clientid, client);
    for (const guid of this.newAcks) this.acks.set(guid, true);
    this.rollBack();
  }

  private client(clientid: string): Client | undefined {
    return this.newClients.get(clientid) ?? this.clients.get(clientid);
  }
}

/** A time that can be compared later; undefined for one that no clock shows yet. */
function known(time: Millis | undefined, arrived: number): number | undefined {
  return typeof time === 'number' && time <= arrived + AHEAD ? time : undefined;
}

/** Less than zero where the first time is earlier. A whole second may be a time that was cut to it. */
function compare(time: Millis, other: number): number {
  if (typeof time === 'bigint') return time < other ? -1 : 1;
  const unit = time % 1_000 === 0 || other % 1_000 === 0 ? 1_000 : 1;
  return Math.floor(time / unit) - Math.floor(other / unit);
}

/** What was set last under each of many keys, within bounds. */
class Recent<T> {
  private readonly entries = new Map<string, T>();
  private readonly most: number;
  private readonly mostCharacters: number;
  private characters = 0;

  constructor(most: number, mostCharacters: number) {
    this.most = most;
    this.mostCharacters = mostCharacters;
  }

  get(key: string): T | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: T): void {
    // put in anew, so that the first one in the map is the one that was set least recently
    if (this.entries.delete(key)) this.characters -= key.length;
    this.entries.set(key, value);
    this.characters += key.length;
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.most && this.characters <= this.mostCharacters) return;
      this.entries.delete(oldest);
      this.characters -= oldest.length;
    }
  }
}
