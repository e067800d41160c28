import { MqdynError } from '../domain/errors.ts';
import type { Pool } from '../domain/hooks/conf.ts';
import { DEFAULT_RULES, type HookRule } from '../domain/hooks/rules.ts';
import { loadHooks } from './load-hooks.ts';

/** The rules in force and, from a configuration, the pool whose server they write to. */
export type ChosenHooks = { rules: readonly HookRule[]; pool: Pool | undefined; warnings: readonly string[] };

/** The documented defaults, or what a configuration of the backend enables for one pool. */
export async function chooseHooks(file: string | undefined, poolName: string | undefined): Promise<ChosenHooks> {
  if (file === undefined) return { rules: DEFAULT_RULES, pool: undefined, warnings: [] };
  const conf = await loadHooks(file);
  const used = conf.pools.filter(({ name }) => conf.rules.some((rule) => rule.pool === name));
  const pool = onePool(file, used, poolName);
  const places = used.filter((other) => endpointOf(other) === (pool && endpointOf(pool))).map(({ name }) => name);
  const rules = conf.rules.filter(
    (rule) => rule.pool === undefined || (poolName === undefined ? places.includes(rule.pool) : rule.pool === poolName),
  );
  return { rules: distinct(rules), pool, warnings: conf.warnings };
}

/** Pools with one server are one target; of several servers one has to be named. */
function onePool(file: string, used: readonly Pool[], name: string | undefined): Pool | undefined {
  const names = used.map((pool) => pool.name).join(', ');
  if (name !== undefined) {
    const named = used.find((pool) => pool.name === name);
    if (!named)
      throw new MqdynError('E_USAGE', `--pool: no hook in ${file} uses pool "${name}"`, {
        hint: `Pools: ${names || 'none'}.`,
      });
    return named;
  }
  if (new Set(used.map(endpointOf)).size > 1) {
    throw new MqdynError('E_USAGE', `the hooks in ${file} write to several servers`, {
      hint: `Choose one with --pool: ${names}.`,
    });
  }
  return used[0];
}

/** Address of a pool's server as an endpoint. */
export function endpointOf({ server }: Pool): string {
  return `${server.scheme}://${server.host}:${server.port}`;
}

/** The same line for two pools of one server runs once here. */
function distinct(rules: readonly HookRule[]): HookRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify([rule.hook, rule.action, rule.filter]), rule])).values()];
}

/** The target that a configuration names: its pool's server, region and keys. */
export function targetOf(file: string, pool: Pool) {
  const { accessKeyId, secretAccessKey } = pool;
  const keys =
    accessKeyId && secretAccessKey ? { accessKeyId: accessKeyId.reveal(), secretAccessKey: secretAccessKey.reveal() } : undefined;
  return { endpoint: endpointOf(pool), region: pool.signingRegion, keys, source: file };
}
