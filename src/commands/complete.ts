import { BaseCommand } from '../cli/base-command.ts';
import { candidatesFrom } from '../cli/completion/candidates.ts';
import { complete, type CompletionCommand } from '../cli/completion/complete.ts';
import { Sink } from '../output/sink.ts';

export default class Complete extends BaseCommand {
  static override summary = 'answer a completion script';
  static override examples = ['<%= config.bin %> complete -- tables de'];
  static override hidden = true;
  static override strict = false;

  async run(): Promise<void> {
    await this.parse(Complete);
    const words = this.argv[0] === '--' ? this.argv.slice(1) : this.argv;
    const commands = this.config.commands.map((command): CompletionCommand => ({
      id: command.id.replaceAll(':', ' '),
      summary: command.summary,
      hidden: command.hidden,
      flags: command.flags as CompletionCommand['flags'],
      args: Object.keys(command.args),
      fields: Array.isArray(command['fields']) ? command['fields'] : undefined,
    }));
    const found = complete(words, commands);
    const context = {
      env: this.io.env,
      configDir: this.config.configDir,
      dataDir: this.config.dataDir,
      cacheDir: this.config.cacheDir,
    };
    const more = found.from === undefined ? [] : await candidatesFrom(found.from, words, { ...context, commands });
    const lines = [...found.words, ...more].map(({ word, about }) => (about === undefined ? word : `${word}\t${about}`));
    const sink = new Sink(this.io.stdout);
    await sink.write(lines.map((line) => `${line}\n`).join(''));
    await sink.flush();
  }
}
