/** Reads from the server for a component, and again when told to. */
import { useCallback, useEffect, useState } from './preact.js';
import { Refusal } from './refusal.js';

export interface Asked<T> {
  /** The last answer; it stays while the next one is under way. */
  readonly value: T | undefined;
  readonly error: Refusal | undefined;
  readonly again: () => void;
  /** A deed brought the new value with its answer. */
  readonly put: (value: T) => void;
}

/** `key`: when it changes, the former answer is of something else and forgotten. */
export function useAsked<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [got, setGot] = useState<{ key: string; value?: T; error?: Refusal }>({ key });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    ask(stop.signal).then(
      (value) => { if (!stop.signal.aborted) setGot({ key, value }); },
      (e: unknown) => {
        if (stop.signal.aborted) return;
        setGot((before) => ({ ...(before.key === key && before.value !== undefined && { value: before.value }), key, error: e instanceof Refusal ? e : new Refusal(0, 'PAGE', String(e)) }));
      },
    );
    return () => { stop.abort(); };
  }, [key, turn]);
  const again = useCallback(() => { setTurn((n) => n + 1); }, []);
  const put = useCallback((value: T) => { setGot({ key, value }); }, [key]);
  return got.key === key ? { value: got.value, error: got.error, again, put } : { value: undefined, error: undefined, again, put };
}
