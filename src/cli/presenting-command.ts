import type { Interfaces } from '@oclif/core';
import { AbsentFields } from '../domain/absent-fields.ts';
import type { Item } from '../domain/item.ts';
import { fieldNames } from '../output/columns.ts';
import type { Column, Listing, OutputOptions, Section } from '../output/document.ts';
import { formatNamed } from '../output/formats/registry.ts';
import { reportText, writeReport } from '../output/report.ts';
import { blocks } from '../output/items.ts';
import { Sink } from '../output/sink.ts';
import { makeTheme, type Theme } from '../output/theme.ts';
import { fieldsOf, type OutputFlags } from './flags.ts';
import { checkedParse, withoutStdin, type Parsed, type Words } from './parse.ts';
import { RunningCommand } from './running-command.ts';
import { clockLine, watch } from './watch.ts';
import { beyondColumns, checkFields, columnsOf, pick, withFields } from './with-fields.ts';

/** So many whole items tell which attributes there are. */
const SAMPLE = 25;

/** What a command writes to stdout, in the chosen format. */
export abstract class PresentingCommand extends RunningCommand {
  /** What --fields may name; where it is not said, or is only a part, any attribute of an item. */
  static fields: readonly string[] | undefined;
  static anyField = false;
  private printing: Sink | undefined;
  private theme!: Theme;

  protected override async init(): Promise<void> {
    await super.init();
    this.theme = await makeTheme(this.io.stdout.isTTY === true, this.io.env);
  }

  protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    command: Interfaces.Input<F, B, A>,
  ): Promise<Words<Interfaces.ParserOutput<F, B, A>>> {
    const parsed = checkedParse(await super.parse(withoutStdin(command)));
    const { fields, quiet }: Parsed = parsed.flags;
    this.quiet = quiet === true;
    const { fields: known, anyField }: typeof PresentingCommand = Object.getPrototypeOf(this).constructor;
    // a name that no item can have is refused before anything is opened
    const named = fieldsOf({ fields: typeof fields === 'string' ? fields : undefined });
    if (named !== undefined && known !== undefined && !anyField) checkFields(named, known);
    return parsed;
  }

  /** Refuses --fields that the items of this run cannot have, where a command has items of several kinds. */
  protected requireFields(flags: OutputFlags, ...columns: readonly (readonly Column[])[]): void {
    checkFields(fieldsOf(flags) ?? [], fieldNames(...columns));
  }

  /** Writes items in the chosen format. */
  protected async list(listing: Listing, flags: OutputFlags): Promise<void> {
    const format = await formatNamed(flags.json ? 'json' : flags.format);
    const options = this.outputOptions(flags);
    const fields = fieldsOf(flags);
    const absent = new AbsentFields(listing.open ? beyondColumns(fields, listing.columns) : []);
    const some: Item[] = [];
    const see = (items: readonly Item[]) => {
      absent.see(items);
      if (some.length < SAMPLE) some.push(...items.slice(0, SAMPLE - some.length));
    };
    await format.list(withFields(listing, fields, see), options);
    await options.sink.flush();
    for (const sentence of absent.sentences(some)) this.note(`note: ${sentence}`);
  }

  /** Writes one thing with named members in the chosen format. */
  protected async show(item: Item, columns: readonly Column[], flags: OutputFlags): Promise<void> {
    const format = await formatNamed(flags.json ? 'json' : flags.format);
    const options = this.outputOptions(flags);
    const fields = fieldsOf(flags);
    const shown = fields === undefined ? item : pick(item, fields);
    await format.object(shown, fields === undefined ? columns : columnsOf(fields, columns), options);
    await options.sink.flush();
    const absent = new AbsentFields(beyondColumns(fields, columns));
    absent.see([item]);
    for (const sentence of absent.sentences([item])) this.note(`note: ${sentence}`);
  }

  /** Writes a few large things: one after the other for people, as a list in every other format. */
  protected async showEach(listing: Omit<Listing, 'items'> & { items: readonly Item[] }, flags: OutputFlags): Promise<void> {
    if (flags.json || flags.format !== 'table' || flags.fields !== undefined)
      return this.list({ ...listing, items: blocks(listing.items) }, flags);
    const { sink } = this.outputOptions(flags);
    for (const [index, item] of listing.items.entries()) {
      if (index > 0) await sink.write('\n');
      await this.show(item, listing.columns, flags);
    }
  }

  /** Writes one thing: as sections for people, as one object with named members in every other format. */
  protected async showReport(
    item: Item,
    columns: readonly Column[],
    sections: (options: OutputOptions) => readonly Section[],
    flags: OutputFlags,
  ): Promise<void> {
    if (flags.json || flags.format !== 'table' || flags.fields !== undefined) return this.show(item, columns, flags);
    const options = this.outputOptions(flags);
    await writeReport(sections(options), options);
    await options.sink.flush();
  }

  /** Writes a report that is for people in any format but those that a machine reads. */
  protected async sections(draw: (options: OutputOptions) => readonly Section[], flags: OutputFlags): Promise<void> {
    const options = this.outputOptions(flags);
    await writeReport(draw(options), options);
    await options.sink.flush();
  }

  /** Writes text of a format of its own. */
  protected async write(text: string, flags: OutputFlags): Promise<void> {
    const { sink } = this.outputOptions(flags);
    await sink.write(text);
    await sink.flush();
  }

  /** Draws sections over and over in place, below a clock, until the program is asked to stop. */
  protected async redraw(
    everyMs: number,
    draw: (options: OutputOptions) => Promise<readonly Section[]>,
    flags: OutputFlags,
  ): Promise<void> {
    const { sink } = this.outputOptions(flags);
    await watch({ io: this.io, sink, signal: this.stop.signal }, everyMs, async () => {
      // asked again for every frame: the terminal may have another width by now
      const options = this.outputOptions(flags);
      const sections = await draw(options);
      return reportText([{ heading: '', lines: [clockLine(this.io.now(), everyMs)] }, ...sections], options);
    });
  }

  /** Nothing is known of what was asked for: an empty result for machines, a sentence on stderr, exit 1. */
  protected async nothingFound(columns: readonly Column[], sentence: string, flags: OutputFlags): Promise<void> {
    await this.list({ columns, items: blocks([]), whenEmpty: sentence }, flags);
    if (flags.json || flags.format !== 'table') this.note(sentence);
    this.exit(1);
  }

  protected outputOptions(flags: OutputFlags): OutputOptions {
    this.progressLine?.clear();
    const { stdout } = this.io;
    const terminal = stdout.isTTY === true;
    this.printing ??= new Sink(stdout);
    return {
      sink: this.printing,
      theme: this.theme,
      terminal,
      // a terminal that does not know its width says 0
      width: terminal && !flags.wide ? stdout.columns || 80 : undefined,
      wide: flags.wide,
      vertical: flags.vertical || undefined,
      header: !flags['no-header'],
      csvRaw: flags['csv-raw'],
      note: (sentence) => this.note(sentence),
    };
  }
}
