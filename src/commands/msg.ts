import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlags } from '../cli/flags.ts';
import { decodedMessageId } from '../app/decode-message-id.ts';
import { blocks } from '../output/rows.ts';

export default class Msg extends BaseCommand {
  static override summary = 'decode message ids';
  static override description =
    'Takes msgids as the tables hold them, and the hexadecimal ids of the rule engine (29 and 32 digits).';
  static override examples = ['<%= config.bin %> msg --decode Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD'];
  static override strict = false;
  static override args = { msgid: Args.string({ required: true, description: 'message ids' }) };
  static override flags = {
    ...outputFlags,
    decode: Flags.boolean({ required: true, summary: 'tell what the id says; needs no target' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Msg);
    const rows = (argv as string[]).map(decodedMessageId);
    const columns = ['msgid', 'time', 'timestampMicros', 'node', 'sequence', 'hex'].map((name) => ({ name }));
    if (rows.length === 1) await this.show(rows[0]!, columns, flags);
    else await this.list({ columns, rows: blocks(rows) }, flags);
  }
}
