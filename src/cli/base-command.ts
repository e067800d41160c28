import { setMaxListeners } from 'node:events';
import { Command, type Interfaces } from '@oclif/core';
import { readOnlyError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { OWN_SCHEMA_DIR } from '../files/schema-folder.ts';
import type { Place } from '../app/table-reader.ts';
import type { Column, Listing, OutputOptions, Section } from '../output/document.ts';
import { safeSentence } from '../output/escape.ts';
import { formatNamed } from '../output/formats/registry.ts';
import { reportText, writeReport } from '../output/report.ts';
import { blocks } from '../output/rows.ts';
import { ReaderGone, Sink } from '../output/sink.ts';
import { makeTheme, type Theme } from '../output/theme.ts';
import { connect, labelOf, placeOf, type Connection } from './connection.ts';
import { fieldsOf, type OutputFlags, type TargetFlags } from './flags.ts';
import { processIo, type Io, type StopSignal } from './io.ts';
import { checkedParse, withoutStdin, type Parsed } from './parse.ts';
import { asMqdynError, errorJson, errorText, wantsJson, withStackFile } from './report.ts';
import { findSettings, type InForce } from './context.ts';
import { readOnlyReason, type Settings } from './settings.ts';
import { isAmbient, resolveTarget, type Target } from './target.ts';
import { clockLine, watch } from './watch.ts';
import { checkFields, columnsOf, pick, withFields } from './with-fields.ts';

/** The program was asked to stop. */
class Stopped extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** An open target with the names that it goes by. */
export type Session = {
  dynamo: Connection['dynamo'];
  target: Target;
  schemaDir: string;
  /** Name of a table on the live side: the prefix comes before it. */
  liveName: (table: string) => string;
};

type OpenOptions = {
  /** Says on stderr where the command is going to write. */
  writes?: boolean;
  attempts?: number;
  concurrency?: number;
  /** Used where nothing else names a target. */
  fallback?: FallbackTarget | undefined;
};

/** A target that an input names: the backend's own configuration has one. */
export type FallbackTarget = {
  endpoint: string;
  region: string;
  keys: { accessKeyId: string; secretAccessKey: string } | undefined;
  source: string;
};

const READ_ATTEMPTS = 4;

/** What every command shares: the target, the way rows and talk go out, errors, signals and the clean-up. */
export abstract class BaseCommand extends Command {
  /** What --fields may name; where it is not said, or is only a part, any attribute of an item. */
  static fields: readonly string[] | undefined;
  static anyField = false;
  io: Io = processIo;
  /** Aborted when the program is asked to stop or the reader of its output is gone. */
  protected readonly stop = new AbortController();
  private connection: Connection | undefined;
  private stoppedBy: StopSignal | undefined;
  private forgetSignals: (() => void) | undefined;
  private printing: Sink | undefined;
  private theme!: Theme;
  private quiet = false;

  protected override async init(): Promise<void> {
    await super.init();
    // every call in flight listens to it; Node takes more than ten for a leak and says so on stderr
    setMaxListeners(0, this.stop.signal);
    this.theme = await makeTheme(this.io.stdout.isTTY === true, this.io.env);
    this.forgetSignals = this.io.onSignal((signal) => this.onStop(signal));
  }

  protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    command: Interfaces.Input<F, B, A>,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = checkedParse(await super.parse(withoutStdin(command)));
    const { fields, quiet }: Parsed = parsed.flags;
    this.quiet = quiet === true;
    const { fields: known, anyField } = this.ctor as typeof BaseCommand;
    // a name that no row can have is told before anything is opened
    const named = fieldsOf({ fields: fields as string | undefined });
    if (named !== undefined && known !== undefined && !anyField) checkFields(named, known);
    return parsed;
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
    this.io.stdin.on('error', () => undefined).destroy(this.stop.signal.reason as Error);
  }

  /** Resolves the target and opens it. */
  protected async open(flags: TargetFlags, options: OpenOptions = {}): Promise<Session> {
    const { settings, context, env, ignored } = await this.inForce(flags);
    const readOnly = readOnlyReason(settings, context?.name);
    if (options.writes && readOnly !== undefined) throw readOnlyError(readOnly);
    if (ignored.length > 0) this.note(`note: context ${context!.name} is the whole target; ignored: ${ignored.join(', ')}`);
    let target = await this.target(flags, settings, env);
    const { fallback } = options;
    const falls = fallback !== undefined && isAmbient(target);
    if (falls) target = await this.target(flags, { ...settings, ...settingsOf(fallback) }, env);
    if (target.kind === 'embedded' && target.implicit) {
      this.note(`no target given: using ${placeOf(target)} (choose one with --endpoint-url or AWS_REGION)`);
    } else if (options.writes) {
      this.note(`Writing to: ${labelOf(target)} (set by ${target.source})`);
    } else if (context !== undefined && this.io.stderr.isTTY) {
      this.note(`Reading from: ${labelOf(target)} (context ${context.name})`);
    }
    this.connection = await connect(target, {
      command: this.id ?? 'mqdyn',
      attempts: options.attempts ?? READ_ATTEMPTS,
      concurrency: options.concurrency ?? 8,
      writes: options.writes === true,
      readOnly,
      keys: falls ? fallback.keys : undefined,
      notice: (sentence) => this.note(sentence),
    });
    const prefix = settings['table-prefix']?.value ?? '';
    return {
      dynamo: this.connection.dynamo,
      target,
      schemaDir: settings['schema-dir']?.value ?? OWN_SCHEMA_DIR,
      liveName: (table) => prefix + table,
    };
  }

  /** Which DynamoDB settings, variables and profiles come to. */
  protected target(flags: TargetFlags, settings: Settings, env = this.io.env): Promise<Target> {
    return resolveTarget({
      settings,
      env,
      defaultDataDir: this.config.dataDir,
      allowInsecure: flags['allow-insecure-endpoint'] || isYes(this.io.env['MQDYN_ALLOW_INSECURE_ENDPOINT']),
      readProfile: async (profile) => (await import('../dynamo/shared-config.ts')).readSharedProfile(profile),
    });
  }

  /** What is in force, and where each value comes from. */
  protected inForce(flags: Readonly<Record<string, unknown>>): Promise<InForce> {
    return findSettings(flags, this.io.env, this.config.configDir);
  }

  /** The folder of the schema files, for commands that need no target. */
  protected async schemaDir(flags: Readonly<Record<string, unknown>>): Promise<string> {
    return (await this.inForce(flags)).settings['schema-dir']?.value ?? OWN_SCHEMA_DIR;
  }

  /** One line of talk on stderr. `always`: also with --quiet, because a question is about it. */
  protected note(sentence: string, { always = false } = {}): void {
    if (this.quiet && !always) return;
    this.io.stderr.write(`${safeSentence(sentence)}\n`);
  }

  /** Writes rows in the chosen format. */
  protected async list(listing: Listing, flags: OutputFlags): Promise<void> {
    const format = await formatNamed(flags.json ? 'json' : flags.format);
    const options = this.outputOptions(flags);
    await format.list(withFields(listing, fieldsOf(flags)), options);
    await options.sink.flush();
  }

  /** Writes one thing with named members in the chosen format. */
  protected async show(item: Item, columns: readonly Column[], flags: OutputFlags): Promise<void> {
    const format = await formatNamed(flags.json ? 'json' : flags.format);
    const options = this.outputOptions(flags);
    const fields = fieldsOf(flags);
    const shown = fields === undefined ? item : pick(item, fields);
    await format.object(shown, fields === undefined ? columns : columnsOf(fields, columns), options);
    await options.sink.flush();
  }

  /** Writes a few large things: one after the other for people, as a list in every other format. */
  protected async showEach(listing: Listing & { items: readonly Item[] }, flags: OutputFlags): Promise<void> {
    if (flags.json || flags.format !== 'table' || flags.fields !== undefined) return this.list(listing, flags);
    const { sink } = this.outputOptions(flags);
    for (const [index, item] of listing.items.entries()) {
      if (index > 0) await sink.write('\n');
      await this.show(item, listing.columns, flags);
    }
  }

  /** Writes one thing: as sections for people, as one object with named members in every other format. */
  protected async showReport(
    item: Item,
    columns: readonly Column[],
    sections: (options: OutputOptions) => readonly Section[],
    flags: OutputFlags,
  ): Promise<void> {
    if (flags.json || flags.format !== 'table' || flags.fields !== undefined) return this.show(item, columns, flags);
    const options = this.outputOptions(flags);
    await writeReport(sections(options), options);
    await options.sink.flush();
  }

  /** Draws sections over and over in place, below a clock, until the program is asked to stop. */
  protected async redraw(
    everyMs: number,
    draw: (options: OutputOptions) => Promise<readonly Section[]>,
    flags: OutputFlags,
  ): Promise<void> {
    const { sink } = this.outputOptions(flags);
    await watch({ io: this.io, sink, signal: this.stop.signal }, everyMs, async () => {
      // asked again for every frame: the terminal may have another width by now
      const options = this.outputOptions(flags);
      const sections = await draw(options);
      return reportText([{ heading: '', lines: [clockLine(this.io.now(), everyMs)] }, ...sections], options);
    });
  }

  /** Nothing is known of what was asked for: an empty result for machines, a sentence on stderr, exit 1. */
  protected async nothingFound(columns: readonly Column[], sentence: string, flags: OutputFlags): Promise<void> {
    await this.list({ columns, rows: blocks([]), whenEmpty: sentence }, flags);
    if (flags.json || flags.format !== 'table') this.note(sentence);
    this.exit(1);
  }

  /** What use cases read from: the open target with the clock, the stop signal and a voice. */
  protected placeIn({ dynamo, liveName }: Session): Place {
    return { dynamo, liveName, signal: this.stop.signal, notice: (sentence) => this.note(sentence), now: () => this.io.now() };
  }

  protected outputOptions(flags: OutputFlags): OutputOptions {
    const { stdout } = this.io;
    const terminal = stdout.isTTY === true;
    this.printing ??= new Sink(stdout);
    return {
      sink: this.printing,
      theme: this.theme,
      terminal,
      // a terminal that does not know its width says 0
      width: terminal && !flags.wide ? stdout.columns || 80 : undefined,
      wide: flags.wide,
      vertical: flags.vertical || undefined,
      header: !flags['no-header'],
      csvRaw: flags['csv-raw'],
      note: (sentence) => this.note(sentence),
    };
  }

  protected override async catch(thrown: Error): Promise<void> {
    if (this.stoppedBy !== undefined) return;
    if (thrown instanceof ReaderGone) {
      this.stop.abort(thrown);
      return;
    }
    if ('oclif' in thrown && (thrown as { code?: string }).code === 'EEXIT') throw thrown;
    const error = withStackFile(await asMqdynError(thrown, this.ctor));
    this.io.stderr.write(wantsJson(this.argv) ? errorJson(error) : errorText(error, Boolean(this.io.env['MQDYN_DEBUG'])));
    this.exit(error.exit);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    this.stop.abort();
    await this.connection?.close();
    this.forgetSignals?.();
    if (this.stoppedBy !== undefined) this.io.raise(this.stoppedBy);
  }
}

function isYes(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

function settingsOf({ endpoint, region, source }: FallbackTarget): Settings {
  return { 'endpoint-url': { value: endpoint, source }, region: { value: region, source } };
}
