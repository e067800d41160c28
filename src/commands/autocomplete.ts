import { basename } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { SCRIPTS, SHELLS } from '../cli/completion/completion-scripts.ts';
import { MqdynError } from '../domain/errors.ts';
import { Sink } from '../output/sink.ts';

export default class Autocomplete extends BaseCommand {
  static override summary = 'print the completion script for a shell';
  static override description = `Completes commands, flags, formats, actions, contexts and the names of tables, live ones too.
Without SHELL the one that $SHELL names. bash and zsh: eval "$(mqdyn autocomplete bash)"; fish: mqdyn autocomplete fish | source`;
  static override examples = ['eval "$(<%= config.bin %> autocomplete bash)"', '<%= config.bin %> autocomplete fish | source'];
  static override args = { shell: Args.string({ description: SHELLS.join(', ') }) };

  async run(): Promise<void> {
    const { args } = await this.parse(Autocomplete);
    const named = args.shell ?? basename(this.io.env['SHELL'] ?? '');
    const shell = SHELLS.find((name) => name === named);
    if (shell === undefined) {
      throw new MqdynError('E_USAGE', `no completion for ${named || 'an unknown shell'}`, {
        hint: `Shells: ${SHELLS.join(', ')}.`,
      });
    }
    const sink = new Sink(this.io.stdout);
    await sink.write(SCRIPTS[shell]);
    await sink.flush();
  }
}
