import { setMaxListeners } from 'node:events';
import { Command } from '@oclif/core';
import { safeSentence } from '../output/escape.ts';
import { filled } from '../output/shorten.ts';
import { ReaderGone } from '../output/sink.ts';
import { processIo, widthOf, type Io, type StopSignal } from './io.ts';
import { ReadProgress } from './read-progress.ts';
import { asMqdynError, errorJson, errorText, wantsJson, withStackFile } from './report.ts';

/** The program was asked to stop. */
class Stopped extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** The life of a command: how it is stopped, what it says on stderr, and how it ends. */
export abstract class RunningCommand extends Command {
  io: Io = processIo;
  /** Aborted when the program is asked to stop or the reader of its output is gone. */
  protected readonly stop = new AbortController();
  protected quiet = false;
  /** The line of progress, if there is one. Whatever else is said clears it, and so does the end of the command. */
  protected progressLine: { clear(): void } | undefined;
  private stoppedBy: StopSignal | undefined;
  private forgetSignals: (() => void) | undefined;

  protected override async init(): Promise<void> {
    await super.init();
    // every call in flight listens to it; Node takes more than ten for a leak and says so on stderr
    setMaxListeners(0, this.stop.signal);
    this.forgetSignals = this.io.onSignal((signal) => this.onStop(signal));
  }

  /** First time: stop in order. Second time: at once. */
  protected onStop(signal: StopSignal): void {
    if (this.stoppedBy !== undefined) {
      this.forgetSignals?.();
      this.io.raise(signal);
      return;
    }
    this.stoppedBy = signal;
    this.stop.abort(new Stopped(signal));
    this.endStdin();
  }

  /** Whoever waits for more input after a stop is not waiting for anything else. */
  protected endStdin(): void {
    this.io.stdin.on('error', () => undefined).destroy(this.stop.signal.reason);
  }

  /** The line of progress of what begins now. */
  protected startProgress(what?: string): ReadProgress {
    this.progressLine?.clear();
    const progress = new ReadProgress(this.io, what, this.quiet);
    this.progressLine = progress;
    return progress;
  }

  /** One line of talk on stderr. `always`: also with --quiet, because a question is about it. */
  protected note(sentence: string, { always = false } = {}): void {
    if (this.quiet && !always) return;
    this.progressLine?.clear();
    this.io.stderr.write(`${filled(safeSentence(sentence), widthOf(this.io.stderr))}\n`);
  }

  protected override async catch(thrown: Error): Promise<void> {
    this.progressLine?.clear();
    if (this.stoppedBy !== undefined) return;
    if (thrown instanceof ReaderGone) {
      this.stop.abort(thrown);
      return;
    }
    if ('oclif' in thrown && 'code' in thrown && thrown.code === 'EEXIT') throw thrown;
    const error = withStackFile(await asMqdynError(thrown, this.ctor));
    this.io.stderr.write(
      wantsJson(this.argv) ? errorJson(error) : errorText(error, Boolean(this.io.env['MQDYN_DEBUG']), widthOf(this.io.stderr)),
    );
    this.exit(error.exit);
  }

  /** Closes what a command has open, however it ended. */
  protected async close(): Promise<void> {}

  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    this.progressLine?.clear();
    this.stop.abort();
    await this.close();
    this.forgetSignals?.();
    if (this.stoppedBy !== undefined) this.io.raise(this.stoppedBy);
  }
}
