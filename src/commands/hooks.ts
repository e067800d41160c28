import { Args, Flags } from '@oclif/core';
import { loadHooks } from '../app/load-hooks.ts';
import { showHooks } from '../app/show-hooks.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags } from '../cli/flags.ts';
import { DEFAULT_RULES } from '../domain/hooks/rules.ts';
import type { Column } from '../output/document.ts';
import { emqx5Rule } from '../output/emqx5-rule.ts';
import { blocks } from '../output/items.ts';
import { SYSTEMD_UNIT } from '../output/systemd-unit.ts';
import { hookItem } from '../output/views/hooks.ts';

const FIELDS = ['hook', 'function', 'topic', 'tables', 'reads'];
/** Only with a configuration file that names pools. */
const POOL_FIELDS = ['pool', 'server', 'region'];

export default class Hooks extends BaseCommand {
  static override summary = 'show what the backend does on which hook';
  static override description =
    "Reads the backend's own configuration file by its grammar and shows the rules that it enables, with the tables that each " +
    'one writes and reads. Without a file these are the documented defaults. No target is needed. With --as it prints the set-up ' +
    'of mqdyn replay --listen instead: what feeds it from EMQX 5 for these hooks, or the systemd unit that keeps it running.';
  static override fields = [...FIELDS, ...POOL_FIELDS];
  static override examples = [
    '<%= config.bin %> hooks',
    '<%= config.bin %> hooks /etc/emqx/plugins/emqx_backend_dynamo.conf --json',
    '<%= config.bin %> hooks --as emqx5',
  ];
  static override args = {
    file: Args.string({ description: 'emqx_backend_dynamo.conf; the defaults when none is named' }),
  };
  static override flags = {
    ...outputFlags,
    as: Flags.option({
      helpGroup: 'SET-UP',
      options: ['emqx5', 'systemd'] as const,
      exclusive: ['fields', 'json'],
      summary: 'print the set-up of a listener instead: the rule of EMQX 5 that feeds it, or its systemd unit',
    })(),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Hooks);
    const loaded = args.file === undefined ? { rules: DEFAULT_RULES, warnings: [], pools: [] } : await loadHooks(args.file);
    const { pools } = loaded;
    for (const warning of loaded.warnings) this.note(`warning: ${warning}`);
    if (flags.as !== undefined) return this.write(flags.as === 'emqx5' ? emqx5Rule(loaded.rules) : SYSTEMD_UNIT, flags);
    const columns: Column[] = [
      ...FIELDS.slice(0, 3).map((name) => ({ name })),
      ...FIELDS.slice(3).map((name) => ({ name, kind: 'names' as const })),
      ...(pools.length > 0 ? POOL_FIELDS.map((name) => ({ name })) : []),
    ];
    await this.list(
      { columns, items: blocks(showHooks(loaded.rules, pools).map(hookItem)), whenEmpty: 'no hooks are set' },
      flags,
    );
  }
}
