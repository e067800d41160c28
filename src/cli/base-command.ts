import { readOnlyError } from '../domain/errors.ts';
import { OWN_SCHEMA_DIR } from '../files/schema-folder.ts';
import type { ReadContext } from '../app/views/table-reader.ts';
import type { Listing } from '../output/document.ts';
import type { OutputFlags, TargetFlags } from './flags.ts';
import { findSettings, type InForce } from './config/context.ts';
import { readOnlyReason, type Settings } from './config/settings.ts';
import { PresentingCommand } from './presenting-command.ts';
import { connect, labelOf, targetLabel, type Connection } from './target/connection.ts';
import { isAmbient, resolveTarget, type Target } from './target/target.ts';

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

/** A command that has a target: a DynamoDB, found by flags, variables and configuration. */
export abstract class BaseCommand extends PresentingCommand {
  private connection: Connection | undefined;

  /** Resolves the target and opens it. */
  protected async open(flags: TargetFlags, options: OpenOptions = {}): Promise<Session> {
    const { settings, context, env, ignored } = await this.inForce(flags);
    const readOnly = readOnlyReason(settings, context?.name);
    if (options.writes && readOnly !== undefined) throw readOnlyError(readOnly);
    if (context && ignored.length > 0)
      this.note(`note: context ${context.name} is the whole target; ignored: ${ignored.join(', ')}`);
    let target = await this.target(flags, settings, env);
    const { fallback } = options;
    const falls = fallback !== undefined && isAmbient(target);
    if (falls) target = await this.target(flags, { ...settings, ...settingsOf(fallback) }, env);
    if (target.kind === 'embedded' && target.implicit) {
      this.note(`no target given: using ${targetLabel(target)} (choose one with --endpoint-url or AWS_REGION)`);
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
      allowInsecure: allowsInsecure(flags, this.io.env),
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

  /** What use cases read from: the open target with the clock, the stop signal and a voice. */
  protected readContext({ dynamo, liveName }: Session): ReadContext {
    return { dynamo, liveName, signal: this.stop.signal, notice: (sentence) => this.note(sentence), now: () => this.io.now() };
  }

  /** What DynamoDB's own jobs are started and followed with. */
  protected jobsHost(session: Session, flags: TargetFlags & OutputFlags) {
    return {
      io: this.io,
      session,
      signal: this.stop.signal,
      allowInsecure: allowsInsecure(flags, this.io.env),
      note: (sentence: string, options?: { always?: boolean }) => this.note(sentence, options),
      progress: (what: string) => this.startProgress(what),
      list: (listing: Listing) => this.list(listing, flags),
    };
  }

  protected override async close(): Promise<void> {
    await this.connection?.close();
  }
}

/** Whether credentials and data may go over plain http to a host that is not loopback. */
function allowsInsecure(flags: Pick<TargetFlags, 'allow-insecure-endpoint'>, env: NodeJS.ProcessEnv): boolean {
  return flags['allow-insecure-endpoint'] || isYes(env['MQDYN_ALLOW_INSECURE_ENDPOINT']);
}

function isYes(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

function settingsOf({ endpoint, region, source }: FallbackTarget): Settings {
  return { 'endpoint-url': { value: endpoint, source }, region: { value: region, source } };
}
