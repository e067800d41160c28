import type { Dynamo } from '../../src/dynamo/client.ts';

/** Thrown where a process would have been killed. */
export class Killed extends Error {}

/** How a run ends before its time: by a signal while a write is under way, or killed before or after it is carried out. */
export type Ending = { how: 'signal' | 'kill-before' | 'kill-after'; write: number };

/** A connection whose process is stopped at its n-th write. */
export function stoppingAt(dynamo: Dynamo, ending: Ending | undefined, stop: AbortController): Dynamo {
  let writes = 0;
  let killed = false;
  const call: Dynamo['call'] = async (operation, input, signal) => {
    if (killed) throw new Killed();
    const isWrite = operation === 'BatchWriteItem' || operation === 'UpdateItem';
    const here = isWrite && ending !== undefined && (writes += 1) === ending.write;
    if (!here) return dynamo.call(operation, input, signal);
    if (ending.how === 'signal') stop.abort(new Error('stopped'));
    else killed = true;
    if (ending.how === 'kill-before') throw new Killed();
    const reply = await dynamo.call(operation, input, signal);
    if (ending.how === 'kill-after') throw new Killed();
    return reply;
  };
  // single writes of the document client
  const use: Dynamo['use'] = async (work, signal) => {
    if (killed) throw new Killed();
    const here = ending !== undefined && ending.how !== 'signal' && isDocumentWrite(work) && (writes += 1) === ending.write;
    if (!here) return dynamo.use(work, signal);
    killed = true;
    if (ending.how === 'kill-before') throw new Killed();
    await dynamo.use(work, signal);
    throw new Killed();
  };
  return { options: dynamo.options, call, use, close: () => undefined } as unknown as Dynamo;
}

/** Whether a piece of work of the SDK's client sends a put, an update or a delete. */
function isDocumentWrite(work: (...args: never[]) => unknown): boolean {
  return /(?:Put|Update|Delete)Command/.test(work.toString());
}
