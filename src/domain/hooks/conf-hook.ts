import type { Hook } from '../events/event.ts';
import { readDocument, type Document } from '../json/syntax.ts';
import { didYouMean } from '../suggest.ts';
import type { ConfNote, Setting } from './conf-lines.ts';
import { ACTIONS, HOOK_OF, isAction, type HookRule } from './rules.ts';
import { isObject } from '../json/object.ts';

const HOOKS: readonly Hook[] = [
  'client.connected',
  'client.disconnected',
  'session.subscribed',
  'session.unsubscribed',
  'message.publish',
  'message.acked',
];
/** Name of a hook in the documentation that only 3.x knew. */
const SESSION_CREATED = 'session.created';
/** backend.dynamo.hook.<a>.<b>.<n> */
const KEY_PARTS = 6;

/** `pool`: the pool that the line names, known even where the rest of the line is wrong. */
type ParsedHook = { rule?: HookRule & { pool: string }; pool?: string; faults: ConfNote[]; warnings: ConfNote[] };

/** Reads one `backend.dynamo.hook.<a>.<b>.<n> = {json}`. A line without a function is no rule, as for the broker. */
export function parseHook(setting: Setting): ParsedHook {
  const result: ParsedHook = { faults: [], warnings: [] };
  const { parts, key, line } = setting;
  if (parts.length !== KEY_PARTS) {
    const message = `${key} has ${parts.length} parts, a hook has ${KEY_PARTS}: backend.dynamo.hook.<group>.<event>.<n>`;
    result.faults.push({ line, column: 1, message });
    return result;
  }
  const name = `${parts[3]}.${parts[4]}`;
  const hook = name === SESSION_CREATED ? 'client.connected' : HOOKS.find((known) => known === name);
  if (name === SESSION_CREATED) {
    const message = 'session.created is treated as client.connected; plug-in 4.x does not load it';
    result.warnings.push({ line, column: 1, message });
  }
  if (hook === undefined) result.faults.push({ line, column: 1, message: `unknown hook ${name}.${didYouMean(name, HOOKS)}` });
  const read = readDocument(padded(setting));
  if ('fault' in read) {
    const message = read.fault.message.replace('the end of the file', 'the end of the line');
    result.faults.push({ line: read.fault.line, column: read.fault.column, message });
    return result;
  }
  const rule = new HookReader(read.document, result).rule(hook);
  if (rule) result.rule = rule;
  return result;
}

/** The value at its place in the file, so that places inside of it are places in the file. */
function padded({ value, line, valueColumn }: Setting): string {
  return `${'\n'.repeat(line - 1)}${' '.repeat(valueColumn - 1)}${value}`;
}

class HookReader {
  private readonly document: Document;
  private readonly result: ParsedHook;

  constructor(document: Document, result: ParsedHook) {
    this.document = document;
    this.result = result;
  }

  rule(hook: Hook | undefined): (HookRule & { pool: string }) | undefined {
    const value = isObject(this.document.value) ? this.document.value : {};
    const action = this.action(value['action'], hook);
    const { pool, topic } = value;
    if (typeof pool === 'string' && pool !== '') this.result.pool = pool;
    else this.fault(['pool'], 'pool is missing: the name of a pool is required');
    if (topic !== undefined && typeof topic !== 'string') this.fault(['topic'], 'topic must be a string');
    if (action === undefined || hook === undefined || this.result.faults.length > 0) return undefined;
    if (typeof pool !== 'string') return undefined;
    if (topic !== undefined && hook.startsWith('client.')) {
      this.warning(['topic'], `topic on ${hook} makes every call fail in the backend; ${action} never runs`);
    }
    return { hook, action, ...(typeof topic === 'string' ? { filter: topic } : {}), pool };
  }

  private action(value: unknown, hook: Hook | undefined) {
    if (value !== undefined && !isObject(value)) {
      return this.fault(['action'], 'action must be an object, {"function": "NAME"}');
    }
    const name = value?.['function'];
    if (name === undefined) return this.warning(['action'], 'action names no function: the broker ignores the line');
    if (typeof name !== 'string') return this.fault(['action', 'function'], 'function must be a string');
    if (!isAction(name)) return this.fault(['action', 'function'], `unknown function ${name}.${didYouMean(name, ACTIONS)}`);
    if (hook !== undefined && HOOK_OF[name] !== hook) {
      this.warning(['action', 'function'], `${name} belongs to ${HOOK_OF[name]}; on ${hook} it does nothing`);
    }
    return name;
  }

  private fault(path: readonly string[], message: string): undefined {
    this.result.faults.push({ ...this.document.locationOf(path), message });
  }

  private warning(path: readonly string[], message: string): undefined {
    this.result.warnings.push({ ...this.document.locationOf(path), message });
  }
}
