import { openListener, type Answer, type Listener } from '../../broker/listener.ts';
import { sizeText } from '../../domain/byte-size.ts';
import { MqdynError } from '../../domain/errors.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import { LATE_MS } from '../../dynamo/writer.ts';
import type { RejectedLine } from '../../files/rejects.ts';
import { Spool } from '../../files/spool.ts';
import { afterStop } from '../replay/after-stop.ts';
import { replaySummary } from '../replay/result.ts';
import { explainPreflight } from '../replay/write-faults.ts';
import { Direct } from './direct.ts';
import { Health } from './health.ts';
import { Intake, MOST_EVENTS } from './intake.ts';
import { LiveWindows } from './live-windows.ts';
import type { LiveOptions, LiveStanding } from './options.ts';
import { Spooled } from './spooled.ts';
import type { Way } from './way.ts';

/** What the records are called that came by HTTP. */
const NAME = 'http';

/** No request waits for longer, in milliseconds. */
const PATIENCE_MS = 10_000;
/** What is in flight at a stop is answered within so long, in milliseconds. */
const FLUSH_MS = 10_000;

/** After so many seconds a client may try again. */
const RETRY_AFTER = 5;

/** Replays events as a broker posts them, until it is stopped. */
export class LiveReplay {
  private readonly options: LiveOptions;
  private readonly windows: LiveWindows;
  private readonly intake: Intake;
  private readonly health: Health;
  private refused = 0;
  private way: Way | undefined;
  private fail: ((error: unknown) => void) | undefined;

  constructor(dynamo: Dynamo, options: LiveOptions) {
    this.options = options;
    this.windows = new LiveWindows(NAME, dynamo, options);
    this.intake = new Intake(NAME, options);
    this.health = new Health(options.notice);
  }

  /** Calls whose reply is still to come. */
  get inFlight(): number {
    return this.windows.writer.inFlight;
  }

  /** Resolves after a stop, when everything that was answered is safe. */
  async run(): Promise<void> {
    const { options } = this;
    await this.checkTables();
    const way = await this.openWay();
    this.way = way;
    try {
      await this.windows.begin();
      const listener = await this.listen();
      options.ready?.(listener.url);
      await this.serve(listener, way);
    } finally {
      await way.close();
      await this.windows.close();
    }
    this.sayStanding(way);
  }

  private async serve(listener: Listener, way: Way): Promise<void> {
    const { signal, flushMs = FLUSH_MS } = this.options;
    const late = afterStop({ signal, flushMs });
    const broken = new Promise<never>((_, reject) => (this.fail = reject));
    const running = way.run(late);
    try {
      await Promise.race([running, broken, aborted(signal)]);
    } finally {
      // what is in flight comes in before the end
      await listener.close(flushMs);
      way.finish();
      await running;
    }
  }

  /** A table that is missing is known before anything listens. With a spool, an endpoint may be down for now. */
  private async checkTables(): Promise<void> {
    const { signal, spool, notice } = this.options;
    try {
      await this.windows.check(signal);
    } catch (error) {
      if (spool === undefined || !(error instanceof MqdynError) || error.exit !== 5) return explainPreflight(error);
      notice(`${error.message}; events are spooled until it answers`);
    }
  }

  private async openWay(): Promise<Way> {
    const { spool, command, notice, patienceMs = PATIENCE_MS, lateMs = LATE_MS } = this.options;
    if (spool === undefined) return new Direct(this.windows, this.health, patienceMs);
    const opened = await Spool.open({ ...spool, command, notice });
    if (opened.bytes > 0) notice(`going on with ${sizeText(opened.bytes)} of events in the spool ${spool.folder}`);
    return new Spooled(this.windows, this.intake, this.health, opened, lateMs);
  }

  private listen(): Promise<Listener> {
    const { host, port, token, metrics } = this.options;
    return openListener({
      host,
      port,
      token,
      post: (body) => this.post(body),
      health: () => this.healthAnswer(),
      metrics: () => ({ status: 200, body: metrics(this.standing), type: 'text/plain; version=0.0.4; charset=utf-8' }),
      failed: (error) => this.fail?.(error),
    });
  }

  private async post(body: Buffer): Promise<Answer> {
    const taken = this.intake.take(body, Date.now());
    if (taken === undefined) return { status: 413, body: { error: `a body holds at most ${MOST_EVENTS} events` } };
    const { read, events, skipped, rejects } = taken;
    const outcome = events.length === 0 ? { rejected: 0 } : await this.way?.submit(events);
    // counted and kept only now: what is refused comes again
    if (outcome === undefined || outcome === 'refused' || !(await this.keep(rejects))) {
      this.refused += 1;
      return { status: 503, body: { error: 'events cannot be made safe now' }, retryAfter: RETRY_AFTER };
    }
    this.windows.skip(skipped);
    const rejected = rejects.length + outcome.rejected;
    const reasons = rejects.slice(0, 1).map(({ reject: { reason, detail } }) => ({ reason, detail }));
    return { status: rejected === read ? 400 : 200, body: { read, rejected, ...reasons[0] } };
  }

  /** Makes rejects durable. False where that cannot be done now. */
  private async keep(rejects: readonly RejectedLine[]): Promise<boolean> {
    try {
      await this.windows.reject(rejects);
      return true;
    } catch (error) {
      this.health.refused(error);
      return false;
    }
  }

  private get isStuck(): boolean {
    const since = this.way?.sendingSince;
    return since !== undefined && performance.now() - since > (this.options.patienceMs ?? PATIENCE_MS);
  }

  private healthAnswer(): Answer {
    const reason = this.health.reason ?? (this.isStuck ? 'E_TIMEOUT' : undefined);
    if (reason === undefined) return { status: 200, body: { status: 'ok' } };
    return { status: 503, body: { status: 'failing', reason }, retryAfter: RETRY_AFTER };
  }

  get standing(): LiveStanding {
    const { read, applied, superseded, skipped, rejected } = this.windows.ledger.counts;
    const { requests, retries } = this.windows.writer.counts;
    const { waiting = 0, oldestAt, spoolBytes = 0 } = this.way ?? {};
    return {
      read,
      applied,
      superseded,
      skipped,
      rejected,
      waiting,
      requests,
      retries,
      spoolBytes,
      late: this.windows.late,
      oldestSeconds: oldestAt === undefined ? 0 : Math.max(0, Date.now() - oldestAt) / 1000,
      refused: this.refused,
      healthy: this.health.reason === undefined && !this.isStuck,
    };
  }

  private sayStanding(way: Way): void {
    const { notice, spool, rejects } = this.options;
    const { counts, groups } = this.windows.ledger;
    const left = way.waiting;
    const where = left === 0 || spool === undefined ? '' : `; the rest is in the spool ${spool.folder}`;
    notice(`stopped; ${replaySummary(counts, left)}${where}`);
    if (groups.sentences().length > 0) notice(`see ${rejects} for why records were rejected`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
