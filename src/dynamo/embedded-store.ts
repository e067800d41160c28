import { MqdynError } from '../domain/errors.ts';

type StoreError = Error & { code?: string; cause?: unknown };
type Run = (...args: unknown[]) => Promise<unknown>;
type Iterator = Record<'_next' | '_nextv', Run>;
type Store = Record<'_open' | '_get' | '_put' | '_del' | '_batch', Run> & {
  location: string;
  _iterator: (...args: unknown[]) => Iterator;
};

/** LevelDB's class; the engine makes one instance for its folder. */
export type StoreClass = { prototype: Store };

/** Names under which the engine answers a call that its store failed. */
export const STORE_FAULTS = { full: 'StoreFullException', damaged: 'StoreDamagedException' } as const;

const watched = new WeakMap<StoreClass, Map<string, Promise<unknown>>>();

/**
 * Makes a store tell the engine what to answer when it fails: the engine throws any other error into the process, far from
 * whoever waits for the call. The result resolves, for a folder, when the store there is open.
 */
export function watchStore(store: StoreClass): (folder: string) => Promise<void> {
  const openings = watched.get(store) ?? new Map<string, Promise<unknown>>();
  if (!watched.has(store)) watch(store.prototype, openings);
  watched.set(store, openings);
  return async (folder) => {
    try {
      await openings.get(folder);
    } catch (error) {
      throw openingFault(folder, error as StoreError);
    } finally {
      openings.delete(folder);
    }
  };
}

function watch(store: Store, openings: Map<string, Promise<unknown>>): void {
  const open = store._open;
  store._open = function (this: Store, ...args) {
    const opening = open.apply(this, args);
    openings.set(this.location, opening);
    return opening;
  };
  for (const name of ['_get', '_put', '_del', '_batch'] as const) {
    const run = store[name];
    store[name] = function (this: Store, ...args) {
      return run.apply(this, args).catch(answered);
    };
  }
  const iterator = store._iterator;
  store._iterator = function (this: Store, ...args) {
    const made = iterator.apply(this, args);
    for (const name of ['_next', '_nextv'] as const) {
      const run = made[name];
      made[name] = (...wanted) => run.apply(made, wanted).catch(answered);
    }
    return made;
  };
}

/** The engine answers with the body of an error that has one. */
function answered(error: StoreError): never {
  const __type = STORE_FAULTS[isDamage(error) ? 'damaged' : 'full'];
  throw Object.assign(error, { statusCode: 400, body: { __type: `mqdyn#${__type}`, message: error.message } });
}

function isDamage({ code, message }: StoreError): boolean {
  return code === 'LEVEL_CORRUPTION' || /No such file/.test(message);
}

function openingFault(folder: string, error: StoreError): MqdynError {
  const why = `(${error.message})`;
  if (error.code === 'LEVEL_LOCKED')
    return new MqdynError('E_LOCKED', `the data folder ${folder} is in use ${why}`, { cause: error });
  if (isDamage(error)) return new MqdynError('E_DATA', `the data folder ${folder} is damaged ${why}`, { cause: error });
  return new MqdynError('E_OUTPUT', `cannot write to the data folder ${folder} ${why}`, { cause: error });
}
