import { basename } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import type { ReplayFilesOptions } from '../app/replay/write-replay.ts';
import { MqdynError, usageAt } from '../domain/errors.ts';
import { PAYLOAD_ENCODINGS } from '../domain/events/format.ts';
import { formatNamed, INPUT_FORMATS } from '../domain/events/registry.ts';
import { RETAINED_POLICIES } from '../domain/events/retained.ts';
import { ACTIONS, type HookRule } from '../domain/hooks/rules.ts';
import type { Shard } from '../domain/hooks/shard.ts';
import { BINARY_PAYLOAD_POLICIES } from '../domain/mqtt/payload.ts';
import { subscriptionFault } from '../domain/mqtt/topic.ts';
import { stampText } from '../domain/records/times.ts';
import { didYouMean } from '../domain/suggest.ts';
import { fileAt } from '../files/file-at.ts';
import { findInput, type InputFile } from '../files/input.ts';
import { durationFlag, STDIN } from './flags.ts';
import { hooksFlags } from './hooks-flags.ts';

const MIB = 1 << 20;

export const replayFlags = {
  'input-format': Flags.string({
    helpGroup: 'INPUT',
    options: [...INPUT_FORMATS],
    default: 'auto',
    summary: 'format of the recording; auto detects it for each record',
  }),
  'payload-encoding': Flags.option({
    helpGroup: 'INPUT',
    options: PAYLOAD_ENCODINGS,
    default: 'plain',
    summary: 'how the webhook plug-in encoded payloads; its records do not say',
  })(),
  'retained-as-old': Flags.option({
    helpGroup: 'INPUT',
    options: RETAINED_POLICIES,
    default: 'store',
    summary: 'retained messages that mosquitto_sub or MQTTX received on subscribing: store them again, or skip them',
  })(),
  hooks: Flags.string({
    helpGroup: 'RULE',
    helpValue: 'CONF',
    summary: 'emqx_backend_dynamo.conf: run what it enables, and write to its server unless another is named',
  }),
  pool: hooksFlags.pool,
  'time-unit': Flags.option({
    helpGroup: 'RULE',
    options: ['s', 'ms'] as const,
    default: 's',
    summary: 'unit of arrived, online_at and offline_at: s as documented, ms as plug-in 4.x writes it',
  })(),
  node: Flags.string({
    helpGroup: 'RULE',
    default: 'undefined',
    helpValue: 'NAME',
    summary: 'broker node for records that name none',
  }),
  only: Flags.string({ helpGroup: 'RULE', helpValue: 'ACTION,...', summary: 'run only these actions of the backend' }),
  topic: Flags.string({ helpGroup: 'RULE', helpValue: 'FILTER', summary: 'only message and session events whose topic matches' }),
  'binary-payload': Flags.option({
    helpGroup: 'RULE',
    options: BINARY_PAYLOAD_POLICIES,
    default: 'reject',
    summary: 'a payload that is not UTF-8: store U+FFFD as the backend does, the bytes, or reject it',
  })(),
  concurrency: Flags.integer({
    helpGroup: 'SPEED',
    min: 1,
    max: 256,
    default: 8,
    helpValue: 'N',
    summary: 'concurrent calls for each table',
  }),
  'max-wcu': Flags.integer({
    helpGroup: 'SPEED',
    min: 1,
    helpValue: 'N',
    summary: 'at most this many write capacity units per second',
  }),
  checkpoint: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    summary: 'file that records how far the run is (default: NAME.checkpoint in this folder)',
  }),
  resume: Flags.boolean({ helpGroup: 'RESUME', summary: 'continue from the checkpoint of a run that stopped' }),
  restart: Flags.boolean({
    helpGroup: 'RESUME',
    exclusive: ['resume'],
    summary: 'start over even if the checkpoint belongs to an unfinished run',
  }),
  'break-lock': Flags.boolean({ helpGroup: 'RESUME', summary: 'take over the checkpoint from a run that still holds its lock' }),
  rejects: Flags.string({
    helpGroup: 'RESUME',
    helpValue: 'FILE',
    summary: 'file for records that were not applied (default: NAME.rejects.jsonl in this folder; for a pipe, one file per run)',
  }),
  'max-rejects': Flags.integer({
    helpGroup: 'RESUME',
    min: 0,
    default: 10_000,
    helpValue: 'N',
    summary: 'stop when more records than this are rejected; with --listen, keep no more of them',
  }),
  'max-line': Flags.integer({
    helpGroup: 'INPUT',
    min: 1024,
    max: 256 * MIB,
    default: 4 * MIB,
    helpValue: 'BYTES',
    summary: 'longest record accepted, 1,024 to 268,435,456',
  }),
  'retry-for': durationFlag({
    helpGroup: 'SPEED',
    default: 120_000,
    defaultHelp: async () => '120s',
    summary: 'give up after this long without progress',
  }),
  'ignore-unknown': Flags.boolean({ helpGroup: 'INPUT', summary: 'skip events of an unknown kind instead of rejecting them' }),
  'verify-input': Flags.boolean({
    helpGroup: 'INPUT',
    summary: 'read the inputs to the end first; if one is damaged, exit with 4 before anything is written',
  }),
  'no-preflight': Flags.boolean({
    helpGroup: 'SPEED',
    summary: 'do not check the tables first (for use without dynamodb:DescribeTable)',
  }),
  'dry-run': Flags.boolean({ helpGroup: 'DRY RUN', summary: 'write nothing and say what would be written; needs no target' }),
  diff: Flags.boolean({
    helpGroup: 'DRY RUN',
    dependsOn: ['dry-run'],
    summary: 'with --dry-run: read the live items that would change and show them, old and new',
  }),
  'to-import': Flags.string({
    helpGroup: 'DRY RUN',
    helpValue: 'DIR',
    exclusive: ['dry-run', 'resume', 'checkpoint', 'shard'],
    summary: "render the end state for new tables, as files for DynamoDB's import from S3; needs no target",
  }),
  shard: Flags.string({
    helpGroup: 'RULE',
    helpValue: 'I/N',
    summary: 'only the keys of part I of N, so that N machines share the work; NAME is then FILE.shard-I-of-N',
  }),
  strict: Flags.boolean({
    helpGroup: 'INPUT',
    summary: 'reject duplicate JSON keys, and message ids that reappear with different content',
  }),
};

export type ReplayFlags = Interfaces.InferredFlags<typeof replayFlags>;

/** What the flags say about how events are read and what they do, whatever they come from. */
export function eventOptions(flags: ReplayFlags, rules: readonly HookRule[]) {
  const fault = flags.topic === undefined ? undefined : subscriptionFault(flags.topic);
  if (fault) throw usageAt(`--topic: ${fault.message}`, flags.topic ?? '', fault.position);
  return {
    rules: onlyActions(rules, flags.only),
    payloadEncoding: flags['payload-encoding'],
    retainedAsOld: flags['retained-as-old'],
    format: formatNamed(flags['input-format']),
    timeUnit: flags['time-unit'],
    binaryPayload: flags['binary-payload'],
    node: flags.node,
    topic: flags.topic,
    ignoreUnknown: flags['ignore-unknown'],
    maxRejects: flags['max-rejects'],
    maxLine: flags['max-line'],
    maxWcu: flags['max-wcu'],
    concurrency: flags.concurrency,
    retryForMs: flags['retry-for'],
    preflight: !flags['no-preflight'],
    strict: flags.strict,
  };
}

/** Everything that the flags say about a replay; wrong values and inputs are faults before a target is opened. */
export async function replayOptions(
  files: readonly string[],
  flags: ReplayFlags,
  rules: readonly HookRule[],
): Promise<Omit<ReplayFilesOptions, 'stdin' | 'tool' | 'command' | 'liveName' | 'notice' | 'signal'>> {
  const events = eventOptions(flags, rules);
  const shard = shardOf(flags.shard);
  const own = ownName(files[0] ?? '-', shard);
  const inputs = await Promise.all(files.map(findInput));
  const checkpoint = checkpointOf(inputs, flags, `${own}.checkpoint`);
  const rejects = flags.rejects ?? `${checkpoint === undefined ? ownRun(own) : own}.rejects.jsonl`;
  await refuseSameFile(inputs, rejects, checkpoint?.path);
  return {
    ...events,
    inputs,
    rejects,
    checkpoint,
    resume: flags.resume,
    restart: flags.restart,
    verifyInput: flags['verify-input'],
    shard,
    fingerprint: fingerprintOf(flags),
  };
}

/** What files of this run are called after; shards of one recording may run in one folder at the same time. */
function ownName(file: string, shard: Shard | undefined): string {
  const name = file === STDIN ? 'stdin' : basename(file);
  return shard === undefined ? name : `${name}.shard-${shard.index}-of-${shard.count}`;
}

/** The rejects of a pipe may be the only copy of what it brought, so every run has a file of its own. */
export function ownRun(name: string): string {
  return `${name}-${stampText(Date.now())}-${process.pid}`;
}

/** Options that change what is written: a run that goes on must have the same ones. */
function fingerprintOf(flags: ReplayFlags): Record<string, unknown> {
  const names = [
    'input-format',
    'payload-encoding',
    'retained-as-old',
    'hooks',
    'pool',
    'time-unit',
    'node',
    'only',
    'topic',
    'binary-payload',
    'max-line',
    'ignore-unknown',
    'shard',
    'strict',
  ] as const;
  return Object.fromEntries(names.map((name) => [name, flags[name] ?? null]));
}

function checkpointOf(inputs: readonly InputFile[], flags: ReplayFlags, byDefault: string): ReplayFilesOptions['checkpoint'] {
  const again = inputs.every(({ identity }) => identity !== undefined);
  if (again) return { path: flags.checkpoint ?? byDefault, breakLock: flags['break-lock'] };
  if (flags.resume || flags.checkpoint !== undefined) {
    throw new MqdynError('E_USAGE', 'stdin cannot be read again, so --checkpoint and --resume do not work with it', {
      hint: 'Record to a file first.',
    });
  }
  return undefined;
}

/** What is read and what is written are files apart. A checkpoint has two more beside it while it is written. */
export async function refuseSameFile(
  inputs: readonly Pick<InputFile, 'name' | 'path'>[],
  rejects: string,
  checkpoint: string | undefined,
): Promise<void> {
  const own = checkpoint === undefined ? [] : [checkpoint, `${checkpoint}.tmp`, `${checkpoint}.lock`];
  const checkpoints = await Promise.all(own.map(fileAt));
  const reject = await fileAt(rejects);
  if (checkpoints.includes(reject))
    throw new MqdynError('E_USAGE', `--rejects ${rejects} is the checkpoint or one of the files kept beside it`);
  for (const { name, path } of inputs) {
    if (path === undefined) continue;
    const input = await fileAt(path);
    if (input === reject) throw new MqdynError('E_USAGE', `--rejects ${rejects} is an input of this run`);
    if (checkpoints.includes(input))
      throw new MqdynError('E_USAGE', `--checkpoint ${checkpoint} would overwrite the input ${name}`);
  }
}

function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index >= 1 && shard.index <= shard.count))
    throw new MqdynError('E_USAGE', `invalid --shard "${text}"; use I/N with I from 1 to N`);
  return shard;
}

/** The rules that --only leaves of a list. */
export function onlyActions(rules: readonly HookRule[], only: string | undefined): readonly HookRule[] {
  if (only === undefined) return rules;
  const wanted = actionsNamed(only);
  for (const name of wanted) {
    if ((ACTIONS as readonly string[]).includes(name)) continue;
    throw new MqdynError('E_USAGE', `--only: unknown action "${name}".${didYouMean(name, ACTIONS)}`, {
      hint: `Actions: ${ACTIONS.join(', ')}.`,
    });
  }
  return rules.filter((rule) => wanted.includes(rule.action));
}

/** Actions that --only names and that no rule runs: nothing comes of them. */
export function idleActions(rules: readonly HookRule[], only: string | undefined): string[] {
  if (only === undefined) return [];
  return actionsNamed(only).filter((name) => !rules.some(({ action }) => action === name));
}

function actionsNamed(only: string): string[] {
  return only.split(',').map((name) => name.trim());
}
