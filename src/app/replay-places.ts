import type { Line } from '../files/lines.ts';
import type { ReplayInput } from './replay-events.ts';

/** What is held of an event whose line can be read again. */
const PLACE_BYTES = 32;

/**
 * Where the events of a window stand in their inputs. Numbers only: of an input that can be read again the lines themselves
 * are not held, because hardly any of them is ever wanted.
 */
export class PlaceList {
  private readonly inputs: ReplayInput[] = [];
  private readonly numbers: number[] = [];
  private readonly offsets: number[] = [];
  private readonly ends: number[] = [];
  private readonly lines = new Map<number, Buffer>();
  /** Roughly what it all takes, in bytes. */
  held = 0;

  get length(): number {
    return this.numbers.length;
  }

  /** Returns the number of the event in its window, from 0. */
  add(input: ReplayInput, line: Line): number {
    const event = this.numbers.length;
    this.inputs.push(input);
    this.offsets.push(line.offset);
    this.ends.push(line.end);
    this.numbers.push(line.number);
    this.held += PLACE_BYTES;
    if (input.reread === undefined) {
      // a copy: the line itself would keep the whole block that it was cut from in memory
      this.lines.set(event, Buffer.from(line.bytes));
      this.held += line.end - line.offset;
    }
    return event;
  }

  async at(event: number): Promise<{ input: string; line: Line }> {
    const input = this.inputs[event]!;
    const [number, offset, end] = [this.numbers[event]!, this.offsets[event]!, this.ends[event]!];
    const bytes = this.lines.get(event) ?? (await input.reread!(offset, end));
    return { input: input.name, line: { number, offset, end, bytes } };
  }
}
