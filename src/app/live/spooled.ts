import { backOff, pause } from '../../dynamo/back-off.ts';
import { MqdynError } from '../../domain/errors.ts';
import type { Spool, SpoolFrame } from '../../files/spool.ts';
import type { Window } from '../replay/window.ts';
import type { Health } from './health.ts';
import type { Intake, LiveEvent } from './intake.ts';
import type { LiveWindows } from './live-windows.ts';
import { Bell, type Outcome, type Way } from './way.ts';

/** Limits of the pauses before a window is tried again, in milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Windows begin so far apart at least, in milliseconds: nobody waits for them, and a fuller one needs fewer calls. */
const APART_MS = 100;

/** A window with the frames that it is made of. */
type Filled = { window: Window; end: SpoolFrame['end']; own: number };

/** Requests are answered when their events are on the disk. From there they go into the tables in order, however long that takes. */
export class Spooled implements Way {
  private readonly windows: LiveWindows;
  private readonly intake: Intake;
  private readonly health: Health;
  private readonly spool: Spool;
  private readonly lateMs: number;
  private readonly bell = new Bell();
  private finishing = false;
  private accepted = 0;
  private settled = 0;
  private failures = 0;
  oldestAt: number | undefined;
  sendingSince: number | undefined;

  constructor(windows: LiveWindows, intake: Intake, health: Health, spool: Spool, lateMs: number) {
    this.windows = windows;
    this.intake = intake;
    this.health = health;
    this.spool = spool;
    this.lateMs = lateMs;
  }

  get waiting(): number {
    return this.accepted - this.settled;
  }

  get spoolBytes(): number {
    return this.spool.bytes;
  }

  async submit(events: LiveEvent[]): Promise<Outcome> {
    const records = events.map(({ line, at }) => ({ at, bytes: line.bytes }));
    if (!this.spool.hasRoom(records)) {
      this.health.refused(new MqdynError('E_OUTPUT', 'the spool is full'));
      return 'refused';
    }
    try {
      await this.spool.append(records);
    } catch (error) {
      this.health.refused(error);
      return 'refused';
    }
    this.health.accepted();
    this.accepted += events.length;
    this.oldestAt ??= events[0]?.at;
    this.bell.ring();
    return { rejected: 0 };
  }

  async run(late: AbortSignal): Promise<void> {
    this.oldestAt = (await this.spool.read())?.records[0]?.at;
    this.spool.rewind();
    // a call of the run that stopped may still be carried out, and must not come after one of this run
    if (!this.spool.isRead) await pause(this.lateMs, late).catch(() => undefined);
    while (!late.aborted) {
      const started = performance.now();
      const filled = await this.fill();
      if (filled !== undefined) {
        await this.send(filled, late);
        if (!this.finishing) await pause(started + APART_MS - performance.now(), late).catch(() => undefined);
      } else if (this.finishing) break;
      else await this.bell.rings();
    }
  }

  finish(): void {
    this.finishing = true;
    this.bell.ring();
  }

  close(): Promise<void> {
    return this.spool.close();
  }

  private async fill(): Promise<Filled | undefined> {
    const window = this.windows.open();
    let filled: Filled | undefined;
    for (let full = false; !full;) {
      const frame = await this.spool.read();
      if (frame === undefined) break;
      if (filled === undefined) this.oldestAt = frame.records[0]?.at;
      for (const { at, bytes } of frame.records) {
        const line = { number: this.intake.nextNumber(), offset: 0, end: bytes.length, bytes };
        full = this.windows.take({ line, at, decoded: this.intake.decode(line, at) }, window) || full;
      }
      filled = { window, end: frame.end, own: (filled?.own ?? 0) + (frame.leftover ? 0 : frame.records.length) };
    }
    if (filled === undefined) this.oldestAt = undefined;
    return filled;
  }

  private async send({ window, end, own }: Filled, late: AbortSignal): Promise<void> {
    this.sendingSince ??= performance.now();
    try {
      await this.windows.check(late);
      await this.windows.send(window, late);
    } catch (error) {
      if (late.aborted) return;
      this.health.failed(error);
      this.failures += 1;
      this.spool.rewind();
      const wait = FIRST_PAUSE + backOff(FIRST_PAUSE, this.failures, LONGEST_PAUSE);
      await pause(wait, late).catch(() => undefined);
      return;
    }
    this.health.succeeded();
    this.failures = 0;
    this.settled += own;
    this.sendingSince = undefined;
    await this.spool.release(end);
  }
}
