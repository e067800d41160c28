import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { settingNamed, storeConfig, withContext, withoutContext, withSetting } from '../cli/config/change-config.ts';
import { configPath, readConfig } from '../cli/config/config-file.ts';
import { contextOf } from '../cli/config/context.ts';
import { outputFlags, targetFlags, type OutputFlags, type TargetFlags } from '../cli/flags.ts';
import { targetLabel } from '../cli/target/connection.ts';
import type { Settings } from '../cli/config/settings.ts';
import { contextItems, inForceItems } from '../cli/config/show-config.ts';
import { MqdynError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import { columns } from '../output/columns.ts';
import { blocks, itemOf } from '../output/items.ts';

/** What config use shows of every context. */
const CONTEXT_FIELDS = ['context', 'used', 'endpoint-url', 'region', 'profile', 'table-prefix', 'read-only'];

export default class Config extends BaseCommand {
  static override summary = 'show and change settings';
  static override description = `Without arguments: every setting in force and where it comes from. KEY shows one, KEY VALUE
stores one and unset KEY removes it, in the context in force or, with none, for every target.
-c NAME KEY VALUE creates the context NAME when it is new; delete NAME deletes it. use NAME makes a context the usual one,
use - none; use alone lists them.
A context with read-only true refuses every write. Secrets are refused: name an AWS profile instead.`;
  static override fields = ['key', 'value', 'source', ...CONTEXT_FIELDS];
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config -c prod region eu-west-1',
    '<%= config.bin %> config -c prod read-only true',
    '<%= config.bin %> config use prod',
    '<%= config.bin %> config unset region -c prod',
    '<%= config.bin %> config delete prod',
  ];
  static override args = {
    key: Args.string({ description: 'setting, or use, unset, delete' }),
    value: Args.string({ description: 'value to store, setting to unset, or context to use or delete' }),
  };
  static override flags = { ...targetFlags, ...outputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Config);
    const { key, value } = args;
    const path = configPath(this.io.env, this.config.configDir);
    if (value !== undefined) refuseTargetFlags(flags);
    if (key === 'use') return value === undefined ? this.contexts(flags, path) : this.use(path, value);
    if (key === 'unset') return this.store(flags.context, path, required(value, 'unset KEY'), '');
    if (key === 'delete') return this.delete(path, required(value, 'delete NAME'));
    if (key !== undefined && value !== undefined) return this.store(flags.context, path, key, value);
    const { settings, context, env } = await this.inForce(flags);
    if (key === undefined) {
      const target = await this.targetItem(flags, settings, env);
      const items = [target, ...inForceItems(settings, context, path, this.io.env)];
      return this.list({ columns: columns(['key', 'value', 'source']), items: blocks(items) }, flags);
    }
    const setting = settings[settingNamed(key)];
    if (setting === undefined) {
      this.note(`${key} is not set`);
      this.exit(1);
    }
    await this.show(itemOf({ key, ...setting }), columns(['key', 'value', 'source']), flags);
  }

  /** Where commands would go. What keeps them from it is said, and is no fault of this command. */
  private async targetItem(flags: TargetFlags, settings: Settings, env: NodeJS.ProcessEnv): Promise<Item> {
    try {
      const target = await this.target(flags, settings, env);
      return itemOf({ key: 'target', value: targetLabel(target), source: target.source });
    } catch (error) {
      if (!(error instanceof MqdynError)) throw error;
      this.note(`${error.code}: ${error.message}`);
      return itemOf({ key: 'target', value: null, source: error.code });
    }
  }

  private async contexts(flags: OutputFlags, path: string): Promise<void> {
    const stored = await readConfig(path);
    const whenEmpty = `no contexts in ${path}`;
    await this.list({ columns: columns(CONTEXT_FIELDS), items: blocks(contextItems(stored)), whenEmpty }, flags);
  }

  private async use(path: string, name: string): Promise<void> {
    await storeConfig(path, withContext(await readConfig(path), name));
    this.note(name === '-' ? `no context is in use now (${path})` : `now using context ${name} (${path})`);
  }

  private async delete(path: string, name: string): Promise<void> {
    const stored = await readConfig(path);
    await storeConfig(path, withoutContext(stored, name));
    const used = stored.context === name ? '; no context is in use now' : '';
    this.note(`deleted context ${name} (${path})${used}`);
  }

  private async store(flag: string | undefined, path: string, key: string, value: string): Promise<void> {
    const setting = settingNamed(key, value);
    const stored = await readConfig(path);
    const context = contextOf(flag, this.io.env, stored, path)?.name;
    if ((flag === undefined || value === '') && context !== undefined && !Object.hasOwn(stored.contexts ?? {}, context)) {
      throw new MqdynError('E_USAGE', `unknown context "${context}"${flag === undefined ? ' (set by MQDYN_CONTEXT)' : ''}`);
    }
    await storeConfig(path, withSetting(stored, context, setting, value));
    const where = context === undefined ? 'every target' : `context ${context}`;
    this.note(
      value === '' ? `${setting} is no longer set for ${where} (${path})` : `${setting} is now ${value} for ${where} (${path})`,
    );
  }
}

function required(value: string | undefined, form: string): string {
  if (value === undefined || value === '') throw new MqdynError('E_USAGE', `expected: config ${form}`);
  return value;
}

/** What is stored is KEY VALUE; a flag beside it would be lost. */
function refuseTargetFlags(flags: TargetFlags): void {
  const given: Readonly<Record<string, unknown>> = flags;
  const lost = Object.keys(targetFlags).find((name) => name !== 'context' && given[name] !== undefined);
  if (lost !== undefined)
    throw new MqdynError('E_USAGE', `--${lost} is not stored; write it as KEY VALUE: mqdyn config ${lost} VALUE`);
}
