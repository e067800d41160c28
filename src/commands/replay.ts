import { basename } from 'node:path';
import { Args } from '@oclif/core';
import { replayFiles } from '../app/replay-files.ts';
import { replayResultItem, replaySummary } from '../app/replay-result.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags, STDIN, targetFlags } from '../cli/flags.ts';
import { onlyActions, replayFlags } from '../cli/replay-flags.ts';
import { usageAt } from '../domain/errors.ts';
import { formatNamed } from '../domain/events/registry.ts';
import { DEFAULT_RULES } from '../domain/hooks/rules.ts';
import type { BinaryPayloadPolicy } from '../domain/mqtt/payload.ts';
import { subscriptionFault } from '../domain/mqtt/topic.ts';
import { REPLAY_COLUMNS } from '../output/columns.ts';

export default class Replay extends BaseCommand {
  static override summary = 'persist recorded events as the backend would have';
  static override description = `Applies the events of the files in order, with the backend's own rules and preconditions.
What was not applied is in the reject file with its reason; that file holds payloads. Replay puts recorded state
over newer live state: use it where no broker writes.`;
  static override examples = [
    '<%= config.bin %> replay events.jsonl',
    'mosquitto_sub -t "#" -q 2 -F %j | <%= config.bin %> replay - --binary-payload binary',
  ];
  static override strict = false;
  static override args = { file: Args.string({ required: true, description: 'recordings, plain or gzip; - is stdin' }) };
  static override flags = { ...targetFlags, ...outputFlags, ...replayFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Replay);
    const files = argv as string[];
    const fault = flags.topic === undefined ? undefined : subscriptionFault(flags.topic);
    if (fault) throw usageAt(`--topic: ${fault.message}`, flags.topic!, fault.position);
    const rules = onlyActions(DEFAULT_RULES, flags.only);
    const first = files[0] === STDIN ? 'stdin' : basename(files[0]!);
    const rejects = flags.rejects ?? `${first}.rejects.jsonl`;
    const session = await this.open(flags, { writes: true, attempts: 1, concurrency: flags.concurrency * 6 });
    const started = performance.now();
    const result = await replayFiles(session.dynamo, {
      files,
      stdin: this.io.stdin,
      rules,
      rejects,
      format: formatNamed(flags['input-format']),
      timeUnit: flags['time-unit'] as 's' | 'ms',
      binaryPayload: flags['binary-payload'] as BinaryPayloadPolicy,
      node: flags.node,
      topic: flags.topic,
      ignoreUnknown: flags['ignore-unknown'],
      maxRejects: flags['max-rejects'],
      maxLine: flags['max-line'],
      concurrency: flags.concurrency,
      retryForMs: flags['retry-for'],
      liveName: session.liveName,
      notice: (sentence) => this.note(sentence),
      signal: this.stop.signal,
    });
    await this.show(replayResultItem(result, (performance.now() - started) / 1000), REPLAY_COLUMNS, flags);
    this.note(replaySummary(result));
    if (result.cut > 0)
      this.note(`note: the recorder had cut ${result.cut} payloads at a NUL byte; they are stored as far as they were recorded`);
    if (result.rejected === 0) return;
    this.note(`${result.rejected} rejected, each with its reason in ${rejects}`);
    this.exit(3);
  }
}
