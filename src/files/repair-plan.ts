import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { MqdynError } from '../domain/errors.ts';
import type { Repair } from '../domain/integrity/finding.ts';
import { isErrno, readFault, writeFault } from './errors.ts';
import { namelessFile } from './nameless-file.ts';
import { linesOf, writeAt } from './open-file.ts';

const KIND = 'doctor';
const VERSION = 1;
const NOTHING_DONE = 'Nothing was changed.';

/** Where a plan was made, and when. */
export type PlanHead = { target: string; at: string };

/** Bytes that are held before they are written. */
const HELD_BYTES = 1 << 16;

/**
 * A plan of repairs as a private file of JSON lines, because it holds items: where and when it was made, a line for each repair,
 * and at the end their number and a checksum over everything before. It has its name only when it is whole; a plan without a
 * name is gone when the program ends.
 */
export class RepairPlan {
  readonly head: PlanHead;
  count = 0;
  private readonly file: FileHandle;
  private readonly names: { path: string; temporary: string } | undefined;
  private readonly hash = createHash('sha256');
  private held = '';
  private length = 0;
  private isNamed = false;

  private constructor(file: FileHandle, head: PlanHead, names: { path: string; temporary: string } | undefined) {
    this.file = file;
    this.head = head;
    this.names = names;
  }

  static async begin(path: string | undefined, head: PlanHead): Promise<RepairPlan> {
    const names = path === undefined ? undefined : { path, temporary: `${path}.${randomBytes(4).toString('hex')}.tmp` };
    try {
      const file = names === undefined ? await namelessFile() : await open(names.temporary, 'wx+', 0o600);
      const plan = new RepairPlan(file, head, names);
      plan.hold({ mqdynPlan: KIND, version: VERSION, ...head });
      return plan;
    } catch (error) {
      throw writeFault('the plan', path ?? tmpdir(), error);
    }
  }

  /** Opens a saved plan and makes sure that it is whole and as it was saved, before anything of it is carried out. */
  static async load(path: string): Promise<RepairPlan> {
    const file = await open(path, 'r').catch((error: unknown) => {
      if (!isErrno(error) || error.code !== 'ENOENT') throw readFault(path, error);
      throw new MqdynError('E_INPUT', `${path} does not exist`, { hint: NOTHING_DONE });
    });
    try {
      const { head, count } = await verified(path, file);
      const plan = new RepairPlan(file, head, undefined);
      plan.count = count;
      return plan;
    } catch (error) {
      await file.close();
      throw readFault(path, error);
    }
  }

  async add(repairs: readonly Repair[]): Promise<void> {
    for (const repair of repairs) this.hold(repair);
    this.count += repairs.length;
    if (this.held.length >= HELD_BYTES) await this.write();
  }

  /** Writes the end, and gives the plan its name. */
  async end(): Promise<void> {
    await this.write();
    this.hold({ repairs: this.count, sha256: this.hash.copy().digest('hex') });
    await this.write();
    if (this.names === undefined) return;
    try {
      await this.file.sync();
      await rename(this.names.temporary, this.names.path);
      this.isNamed = true;
    } catch (error) {
      throw writeFault('the plan', this.names.path, error);
    }
  }

  /** The repairs, read from the file that was written or checked. */
  async *repairs(): AsyncGenerator<Repair> {
    for await (const line of linesOf(this.file)) {
      const value = parsed(line);
      if (value !== undefined && isRepair(value)) yield value;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
    if (this.names !== undefined && !this.isNamed) await rm(this.names.temporary, { force: true });
  }

  private hold(line: object): void {
    this.held += `${JSON.stringify(line)}\n`;
  }

  private async write(): Promise<void> {
    const bytes = Buffer.from(this.held);
    this.hash.update(bytes);
    try {
      await writeAt(this.file, bytes, this.length);
    } catch (error) {
      throw writeFault('the plan', this.names?.path ?? tmpdir(), error);
    }
    this.length += bytes.length;
    this.held = '';
  }
}

async function verified(path: string, file: FileHandle): Promise<{ head: PlanHead; count: number }> {
  const hash = createHash('sha256');
  let head: Record<string, unknown> | undefined;
  let last: Buffer | undefined;
  let lines = 0;
  for await (const line of linesOf(file)) {
    if (last !== undefined) hash.update(last).update('\n');
    head ??= parsed(line);
    last = Buffer.from(line);
    lines += 1;
  }
  if (head?.['mqdynPlan'] !== KIND || head['version'] !== VERSION) {
    throw new MqdynError('E_INPUT', `${path} is not a plan of doctor of this version of the program`, { hint: NOTHING_DONE });
  }
  const end = last === undefined ? undefined : parsed(last);
  if (end?.['sha256'] !== hash.digest('hex') || end['repairs'] !== lines - 2) {
    throw new MqdynError('E_INPUT', `${path} is not whole, or has been altered since it was saved (its checksum is wrong)`, {
      hint: `${NOTHING_DONE} Make a new plan: mqdyn doctor --fix --plan-out FILE`,
    });
  }
  return { head: { target: String(head['target']), at: String(head['at']) }, count: lines - 2 };
}

function parsed(line: Buffer): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(line.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** The file was written by this program: its checksum was looked at before. */
function isRepair(value: object): value is Repair {
  return 'do' in value;
}
