import { Command, loadHelpClass } from '@oclif/core';

export default class Help extends Command {
  static override summary = 'show help for a command';
  static override strict = false;
  static override examples = ['<%= config.bin %> help tables create'];

  async run(): Promise<void> {
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions).showHelp(this.argv);
  }
}
