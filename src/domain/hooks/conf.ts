import { didYouMean } from '../suggest.ts';
import { readConfLines, safeKey, type ConfNote, type Setting } from './conf-lines.ts';
import { parseHook } from './conf-hook.ts';
import { parseServer, signingRegion, type Server } from './conf-server.ts';
import type { HookRule } from './rules.ts';
import { Secret } from './secret.ts';

/** A DynamoDB that the backend writes to. */
export type Pool = {
  name: string;
  server: Server;
  accessKeyId: Secret | undefined;
  secretAccessKey: Secret | undefined;
  /** The region that the backend signs with: its client takes it from the host name where it can. */
  signingRegion: string;
};

/** The backend's configuration: what runs on which hook, and where it writes. */
export type HooksConf = { rules: HookRule[]; pools: Pool[]; region: string; warnings: ConfNote[] };

const PREFIX = ['backend', 'dynamo'];
const DEFAULT_REGION = 'us-west-2';
const POOL_KEYS = ['server', 'pool_size', 'aws_access_key_id', 'aws_secret_access_key', 'aws_default_region'];

/**
 * Reads emqx_backend_dynamo.conf. All faults are reported at once, each with its line; the configuration comes back only
 * when there is none. Lines that the backend would ignore, or whose every call fails there, are warnings. No message holds
 * a secret. Source: emqx_backend_dynamo.schema 4.3.5.
 */
export function parseHooksConf(text: string): { conf: HooksConf } | { faults: ConfNote[] } {
  const { settings, faults, warnings } = readConfLines(text);
  const reader = new ConfReader(faults, warnings);
  for (const setting of settings) reader.take(setting);
  const conf = reader.finish();
  return faults.length > 0 ? { faults: faults.toSorted(byPlace) } : { conf };
}

class ConfReader {
  private readonly faults: ConfNote[];
  private readonly warnings: ConfNote[];
  private readonly pools = new Map<string, Map<string, Setting>>();
  private readonly hooks: { rule: HookRule & { pool: string }; setting: Setting }[] = [];
  private readonly poolUses: { pool: string; setting: Setting }[] = [];
  private region = DEFAULT_REGION;

  constructor(faults: ConfNote[], warnings: ConfNote[]) {
    this.faults = faults;
    this.warnings = warnings;
  }

  take(setting: Setting): void {
    const { parts } = setting;
    const [, , third = '', fourth = ''] = parts;
    if (PREFIX.some((part, at) => parts[at] !== part)) this.unknown(setting);
    else if (third === 'hook') this.takeHook(setting);
    else if (third === 'region' && parts.length === 3) this.region = setting.value;
    else if (parts.length === 4 && POOL_KEYS.includes(fourth)) this.takePool(setting, third, fourth);
    else this.unknown(setting);
  }

  finish(): HooksConf {
    this.checkPools();
    const pools = [...this.pools].flatMap(([name, settings]) => this.pool(name, settings) ?? []);
    return { rules: this.rules(), pools, region: this.region, warnings: this.warnings.toSorted(byPlace) };
  }

  private unknown({ key, parts, line }: Setting): void {
    const known = [...PREFIX, ...(parts.length === 4 ? parts.slice(2, 3) : [])].join('.');
    const names = parts.length === 4 ? POOL_KEYS.map((name) => `${known}.${name}`) : ['backend.dynamo.region'];
    this.faults.push({ line, column: 1, message: `unknown key ${safeKey(key)}.${didYouMean(safeKey(key), names)}` });
  }

  private takeHook(setting: Setting): void {
    const read = parseHook(setting);
    this.faults.push(...read.faults);
    this.warnings.push(...read.warnings);
    if (read.pool !== undefined) this.poolUses.push({ pool: read.pool, setting });
    if (read.rule) this.hooks.push({ rule: read.rule, setting });
  }

  private takePool(setting: Setting, pool: string, name: string): void {
    const settings = this.pools.get(pool) ?? new Map<string, Setting>();
    this.pools.set(pool, settings.set(name, setting));
    if (name === 'pool_size' && !/^\d+$/.test(setting.value)) {
      this.faults.push({ line: setting.line, column: setting.valueColumn, message: `${setting.key} must be a whole number` });
    }
  }

  private pool(name: string, settings: ReadonlyMap<string, Setting>): Pool | undefined {
    const setting = settings.get('server');
    const [first] = settings.values();
    if (setting === undefined) {
      this.warnings.push({ line: first?.line ?? 1, column: 1, message: `pool ${name} has no server and is left out` });
      return undefined;
    }
    const server = parseServer(setting.value);
    if ('fault' in server) {
      this.faults.push({ line: setting.line, column: setting.valueColumn, message: `${setting.key} ${server.fault}` });
      return undefined;
    }
    const secret = (key: string) => {
      const value = settings.get(key)?.value;
      return value === undefined ? undefined : new Secret(value);
    };
    return {
      name,
      server,
      accessKeyId: secret('aws_access_key_id'),
      secretAccessKey: secret('aws_secret_access_key'),
      signingRegion: signingRegion(server.host, this.region),
    };
  }

  private checkPools(): void {
    for (const { pool, setting } of this.poolUses) {
      if (this.pools.get(pool)?.has('server') === true) continue;
      const message = `pool ${pool} does not exist.${didYouMean(pool, [...this.pools.keys()])}`;
      this.faults.push({ line: setting.line, column: setting.valueColumn, message });
    }
  }

  /** The rules in the order of the file; lines that say the same collapse into one, as the broker refuses the second. */
  private rules(): HookRule[] {
    const lines = new Map<string, number>();
    const rules: HookRule[] = [];
    for (const { rule, setting } of this.hooks) {
      const identity = JSON.stringify([rule.hook, rule.action, rule.filter ?? null, rule.pool]);
      const before = lines.get(identity);
      if (before === undefined) {
        lines.set(identity, setting.line);
        rules.push(rule);
      } else {
        this.warnings.push({ line: setting.line, column: 1, message: `the same as line ${before}; it runs once` });
      }
    }
    return rules;
  }
}

function byPlace(a: ConfNote, b: ConfNote): number {
  return a.line - b.line || a.column - b.column;
}
