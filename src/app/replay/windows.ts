import { MqdynError } from '../../domain/errors.ts';
import type { HookEvent, Millis, Reject, RejectReason } from '../../domain/events/event.ts';
import { timeOf } from '../../domain/events/facets.ts';
import { applyEvent, type Effect } from '../../domain/hooks/apply.ts';
import { inShard, type Shard } from '../../domain/hooks/shard.ts';
import { isText } from '../../domain/mqtt/payload.ts';
import { itemKeyOf } from '../../domain/records/keys.ts';
import type { Line } from '../../files/lines.ts';
import type { RejectedLine } from '../../files/rejects.ts';
import type { EventCounts } from './counts.ts';
import { decodeLine, isWanted } from './decode.ts';
import { IDLE_MS } from './idle.ts';
import type { OpenInput, ReplayInputs } from './inputs.ts';
import type { ReplayOptions } from './options.ts';
import { rejectedText, RejectGroups } from './reject-groups.ts';
import { Window, WindowSize } from './window.ts';

/** Without one good event among so many records, the input is no recording. */
const RECORDS_TO_TRUST = 1_000;

/** What a record looks like whose end is still missing; it may be missing in the middle of a character. */
const CUT: ReadonlySet<RejectReason> = new Set(['json_syntax', 'utf8']);

/** How far the reading of a replay is, ahead of what is settled. */
export class Reading {
  readonly size: WindowSize;
  read: number;
  rejected: number;
  /** Whether one good event was seen. */
  trusted: boolean;
  newest: Millis = 0;
  firstReject: RejectedLine | undefined;
  readonly groups = new RejectGroups();
  /** The last record of an input, whose writer may still be at it. Nothing behind it is read. */
  incomplete: { input: OpenInput; line: Line } | undefined;
  private readonly noticed = new Set<string>();

  constructor(options: ReplayOptions, before?: { read: number; rejected: number }) {
    this.size = new WindowSize(options.window);
    this.read = before?.read ?? 0;
    this.rejected = before?.rejected ?? 0;
    this.trusted = this.read > this.rejected;
  }

  /** True the first time. */
  isNew(notice: string): boolean {
    if (this.noticed.has(notice)) return false;
    this.noticed.add(notice);
    return true;
  }
}

/**
 * The events of the inputs in order, folded in windows; each window is of one input. Windows of an input that has not shown a
 * good event yet are held back. Ends with an error behind the windows that come before the fault.
 */
export async function* windows(
  source: ReplayInputs,
  options: ReplayOptions,
  reading = new Reading(options),
): AsyncGenerator<Window> {
  let held: Window[] = [];
  const release = function* () {
    yield* held;
    held = [];
  };
  for await (const input of source.open()) {
    try {
      for await (const window of windowsOf(input, options, reading)) {
        held.push(window);
        if (reading.trusted) yield* release();
      }
    } catch (error) {
      // what was read before the damage is whole
      if (reading.trusted && error instanceof MqdynError && error.code === 'E_INPUT_DAMAGED') yield* release();
      throw error;
    }
    if (reading.rejected > options.maxRejects) {
      yield* release();
      throw tooManyRejects(options, reading.groups);
    }
    if (reading.incomplete) break;
  }
  if (!reading.trusted && reading.read > 0) throw notALog(reading);
  yield* release();
  if (reading.incomplete) throw incompleteTail(reading.incomplete);
}

async function* windowsOf(input: OpenInput, options: ReplayOptions, reading: Reading): AsyncGenerator<Window> {
  let window = new Window(input, input.start, reading.size.bounds);
  const next = () => {
    const full = window;
    window = new Window(input, full.end, reading.size.bounds);
    return full;
  };
  try {
    for await (const block of input.blocks) {
      for (const line of block === 'idle' ? [] : block) {
        if (!take(line, window, options, reading)) continue;
        if (reading.incomplete || reading.rejected > options.maxRejects) {
          yield window;
          return;
        }
        yield next();
      }
      if (input.live && reading.trusted && window.age >= IDLE_MS) yield next();
    }
  } catch (error) {
    if (!window.isEmpty && error instanceof MqdynError && error.code === 'E_INPUT_DAMAGED') yield window;
    throw error;
  }
  window.isLast = true;
  yield window;
}

/** Takes one record into a window. True when the window is to be sent. */
function take(line: Line, window: Window, options: ReplayOptions, reading: Reading): boolean {
  const { decoded, notices, received } = decodeLine(line, window.input, options);
  if (line.unterminated && 'reject' in decoded && CUT.has(decoded.reject.reason)) {
    reading.incomplete = { input: window.input, line };
    return true;
  }
  for (const notice of notices) if (reading.isNew(notice)) options.notice(`note: ${notice}`);
  window.read(line);
  reading.read += 1;
  let reject: Reject | undefined;
  if ('reject' in decoded) reject = decoded.reject;
  else {
    reading.trusted = true;
    if ('skip' in decoded || !isWanted(decoded.event, options.topic)) window.counts.skipped += 1;
    else {
      if (received) countReceived(decoded.event, window.counts);
      reject = fold(decoded.event, line, window, options, reading);
    }
  }
  if (reject === undefined) return window.isFull;
  window.reject({ line, reject });
  reading.rejected += 1;
  reading.groups.take(window.rejects.slice(-1));
  reading.firstReject ??= window.rejects[0];
  if (!reading.trusted && (reading.read >= RECORDS_TO_TRUST || window.isFull)) throw notALog(reading);
  return window.isFull || reading.rejected > options.maxRejects;
}

/** Folds what an event does into a window; the reject where it can do nothing. */
export function fold(event: HookEvent, line: Line, window: Window, options: ReplayOptions, reading: Reading): Reject | undefined {
  const { counts } = window;
  const effect = applyEvent(event, options);
  if ('reject' in effect) return effect.reject;
  // what is a conflict does not depend on the shard
  const conflict = options.strict && window.conflicts(effect);
  const own = options.shard === undefined ? effect : ofShard(effect, options.shard);
  if (own.mutations.length === 0) {
    counts.skipped += 1;
    return undefined;
  }
  const time = timeOf(event);
  if (time !== undefined && time < reading.newest) counts.outOfOrder += 1;
  else if (time !== undefined) reading.newest = time;
  if (conflict) return { reason: 'msgid_conflict', detail: 'another message has the same id' };
  if (event.hook === 'message.publish') {
    if (event.message.cut) counts.cut += 1;
    if (!isText(event.message.payload)) counts.binary += 1;
  }
  window.apply(line, own);
  return undefined;
}

function countReceived(event: HookEvent, counts: EventCounts): void {
  if (event.hook !== 'message.publish') return;
  counts.received += 1;
  if (event.message.qos === 0) counts.receivedQos0 += 1;
}

function ofShard(effect: Effect, shard: Shard): Effect {
  return { ...effect, mutations: effect.mutations.filter((mutation) => inShard(itemKeyOf(mutation.table, mutation.key), shard)) };
}

/** The error of --max-rejects, with the reasons so far: the flag that helps may be among them. */
export function tooManyRejects({ maxRejects }: ReplayOptions, groups: RejectGroups): MqdynError {
  const detail = groups.sentences().map(rejectedText);
  return new MqdynError(
    'E_TOO_MANY_REJECTS',
    `more than ${maxRejects} ${maxRejects === 1 ? 'record was' : 'records were'} rejected`,
    { detail },
  );
}

function notALog({ read, firstReject: first }: Reading): MqdynError {
  const where = first ? `; ${first.input}:${first.line.number}: ${first.reject.reason} (${first.reject.detail})` : '';
  return new MqdynError('E_NOT_A_LOG', `no valid event in ${read} records${where}`);
}

function incompleteTail({ input, line }: { input: OpenInput; line: Line }): MqdynError {
  const name = input.name === '-' ? 'stdin' : input.name;
  // what came from a pipe does not come again
  const hint = input.live
    ? { hint: 'Everything before it has been applied; replay that record from a file once it is complete.' }
    : {};
  return new MqdynError(
    'E_TAIL',
    `the last line of ${name} is incomplete (${line.bytes.length} bytes) and was left unread`,
    hint,
  );
}
