import { Args, Command, loadHelpClass } from '@oclif/core';

export default class Help extends Command {
  static override summary = 'show help for a command or a page';
  static override description =
    'Also shows the pages targets, output, filters and exit-codes. A command shows its help with -h or --help as well.';
  static override strict = false;
  static override args = {
    command: Args.string({ description: 'words of a command, or a page; every command when none is named' }),
  };
  static override examples = ['<%= config.bin %> help tables create', '<%= config.bin %> help exit-codes'];

  async run(): Promise<void> {
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions).showHelp(this.argv);
  }
}
