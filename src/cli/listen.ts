import { join } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import type { LiveOptions } from '../app/live/options.ts';
import { MqdynError } from '../domain/errors.ts';
import type { HookRule } from '../domain/hooks/rules.ts';
import { isLoopback } from '../dynamo/loopback.ts';
import { readToken } from '../files/token-file.ts';
import { eventOptions, ownRun, type ReplayFlags } from './replay-flags.ts';
import { liveMetrics } from './live-metrics.ts';

const GIB = 1 << 30;

export const listenFlags = {
  listen: Flags.string({
    helpGroup: 'LISTEN',
    helpValue: 'HOST:PORT',
    exclusive: [
      'break-lock',
      'checkpoint',
      'diff',
      'dry-run',
      'max-line',
      'restart',
      'resume',
      'shard',
      'to-import',
      'verify-input',
    ],
    summary: 'take events by HTTP POST, from a webhook, HTTP action or rule of the broker, until stopped',
  }),
  'token-file': Flags.string({
    helpGroup: 'LISTEN',
    dependsOn: ['listen'],
    helpValue: 'FILE',
    summary: 'private file with the bearer token that requests must carry; required unless HOST is loopback',
  }),
  spool: Flags.string({
    helpGroup: 'LISTEN',
    dependsOn: ['listen'],
    helpValue: 'DIR',
    summary: 'answer once events are on the disk in this folder, and apply them from there, after a restart too',
  }),
  'spool-limit': Flags.integer({
    helpGroup: 'LISTEN',
    dependsOn: ['spool'],
    min: 2 << 20,
    max: 1024 * GIB,
    helpValue: 'BYTES',
    summary: 'most bytes in the spool (default: 1073741824); then requests are answered 503',
  }),
};

type ListenFlags = Interfaces.InferredFlags<typeof listenFlags> & ReplayFlags;

type Outside = 'command' | 'liveName' | 'notice' | 'signal';

/** What the flags say about a listener. */
export async function listenOptions(
  address: string,
  flags: ListenFlags,
  rules: readonly HookRule[],
): Promise<Omit<LiveOptions, Outside>> {
  const { host, port } = parseAddress(address);
  const tokenFile = flags['token-file'];
  const { spool } = flags;
  if (tokenFile === undefined && !(await isLoopback(host))) {
    throw new MqdynError(
      'E_LISTEN_UNSAFE',
      `--listen ${address} is not loopback: anybody who reaches it could write to the tables`,
    );
  }
  return {
    ...eventOptions(flags, rules),
    shard: undefined,
    host,
    port,
    token: tokenFile === undefined ? undefined : await readToken(tokenFile),
    spool: spool === undefined ? undefined : { folder: spool, limit: flags['spool-limit'] ?? GIB },
    rejects: flags.rejects ?? (spool === undefined ? `${ownRun('listen')}.rejects.jsonl` : join(spool, 'rejects.jsonl')),
    metrics: liveMetrics,
  };
}

/** `HOST:PORT`, `[::1]:PORT`, or a port of the loopback alone. */
function parseAddress(text: string): { host: string; port: number } {
  const [, bracketed, name, digits] = /^(?:(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new MqdynError('E_USAGE', `invalid --listen "${text}"; use HOST:PORT, for example 127.0.0.1:8333`);
  }
  return { host: bracketed ?? name ?? '127.0.0.1', port };
}
