import type { HookEvent, Millis } from './event.ts';

/** So many clients are remembered; beyond that those are forgotten that connected least recently. */
const CLIENTS = 100_000;

/**
 * When each client connected last. Brokers raise the disconnect of a session that was taken over after the connect of the one
 * that took it (EMQX before 5.9), and deliver hooks over several connections: such a disconnect would show a client offline
 * that is online.
 */
export class LastConnects {
  private readonly times = new Map<string, Millis>();
  private readonly limit: number;

  constructor(limit = CLIENTS) {
    this.limit = limit;
  }

  /** Takes note of a connect. True for a disconnect that is older than the last connect of the same client. */
  isLate(event: HookEvent): boolean {
    if (event.hook === 'client.connected') this.note(event.clientid, event.onlineAtMs);
    if (event.hook !== 'client.disconnected') return false;
    const connected = this.times.get(event.clientid);
    return connected !== undefined && event.offlineAtMs < connected;
  }

  private note(clientid: string, at: Millis): void {
    const before = this.times.get(clientid);
    // put in anew, so that the first one in the map is the one that connected least recently
    this.times.delete(clientid);
    this.times.set(clientid, before !== undefined && before > at ? before : at);
    if (this.times.size <= this.limit) return;
    for (const oldest of this.times.keys()) {
      this.times.delete(oldest);
      return;
    }
  }
}
