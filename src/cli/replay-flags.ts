import { Flags } from '@oclif/core';
import { INPUT_FORMATS } from '../domain/events/registry.ts';
import { ACTIONS, type HookRule } from '../domain/hooks/rules.ts';
import { BINARY_PAYLOAD_POLICIES } from '../domain/mqtt/payload.ts';
import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { durationFlag } from './flags.ts';

const MIB = 1 << 20;

export const replayFlags = {
  'input-format': Flags.string({
    options: [...INPUT_FORMATS],
    default: 'auto',
    summary: 'format of the recording; auto tells each record',
  }),
  'time-unit': Flags.string({
    options: ['s', 'ms'],
    default: 's',
    summary: 'unit of arrived, online_at and offline_at: s as documented, ms as plug-in 4.x writes it',
  }),
  node: Flags.string({ default: 'undefined', helpValue: 'NAME', summary: 'broker node, where a record names none' }),
  only: Flags.string({ helpValue: 'ACTION,...', summary: 'only these actions of the backend' }),
  topic: Flags.string({ helpValue: 'FILTER', summary: 'only message and session events whose topic matches' }),
  'binary-payload': Flags.string({
    options: [...BINARY_PAYLOAD_POLICIES],
    default: 'reject',
    summary: 'a payload that is not UTF-8: store U+FFFD as the backend does, the bytes, or reject it',
  }),
  concurrency: Flags.integer({ min: 1, max: 256, default: 8, helpValue: 'N', summary: 'calls in flight for each table' }),
  rejects: Flags.string({ helpValue: 'FILE', summary: 'records that were not applied (default: NAME.rejects.jsonl here)' }),
  'max-rejects': Flags.integer({ min: 0, default: 10_000, helpValue: 'N', summary: 'stop when more are rejected' }),
  'max-line': Flags.integer({ min: 1024, max: 256 * MIB, default: 4 * MIB, helpValue: 'BYTES', summary: 'longest line' }),
  'retry-for': durationFlag({ default: 120_000, defaultHelp: async () => '120s', summary: 'patience without any progress' }),
  'ignore-unknown': Flags.boolean({ summary: 'skip events of an unknown kind instead of rejecting them' }),
};

/** The rules that --only leaves of a list. */
export function onlyActions(rules: readonly HookRule[], only: string | undefined): readonly HookRule[] {
  if (only === undefined) return rules;
  const wanted = only.split(',').map((name) => name.trim());
  for (const name of wanted) {
    if (!(ACTIONS as readonly string[]).includes(name)) {
      throw new MqdynError('E_USAGE', `--only: ${name} is no action of the backend.${didYouMean(name, ACTIONS)}`, {
        hint: `There are ${ACTIONS.join(', ')}.`,
      });
    }
  }
  return rules.filter((rule) => wanted.includes(rule.action));
}
