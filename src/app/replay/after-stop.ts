/** What was read of a pipe is to be sent within so long after a stop, in milliseconds. */
const FLUSH_MS = 10_000;

/** Aborted some time after a run is to stop: what was read of a pipe cannot be read again, and is to be sent by then. */
export function afterStop({ signal, flushMs = FLUSH_MS }: { signal: AbortSignal; flushMs?: number }): AbortSignal {
  const late = new AbortController();
  const wait = () => void setTimeout(() => late.abort(signal.reason), flushMs).unref();
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return late.signal;
}
