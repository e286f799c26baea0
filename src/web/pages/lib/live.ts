/**
 * The one stream of events from the server. What a page wants besides (log lines, custom metrics) is a wish: the stream is
 * opened anew with all wishes together, as browsers allow few streams to one server.
 */
import type { LiveEvent, LiveEvents } from '../../api-types.js';
import { shut } from './api.js';
import { useEffect, useRef } from './preact.js';
import { loadSession } from './session.js';
import { signal } from './signals.js';

export type LinkState = 'opening' | 'live' | 'lost';
export const link = signal<LinkState>('opening');

type Listener<E extends LiveEvent> = (data: LiveEvents[E]) => void;
const EVENTS: readonly LiveEvent[] = ['processes', 'machine', 'metrics', 'log', 'operation', 'module', 'jobs', 'daemon'];
const listeners = new Map<LiveEvent, Set<(data: unknown) => void>>();

export interface Wish { readonly logs?: string; readonly metrics?: string }
const wishes = new Set<Wish>();

let source: EventSource | undefined;
let opened = '';
let retry: number | undefined;
let delay = 500;

/** Until the answer is called. */
export function listen<E extends LiveEvent>(event: E, listener: Listener<E>): () => void {
  const set = listeners.get(event) ?? new Set();
  listeners.set(event, set);
  set.add(listener as (data: unknown) => void);
  return () => { set.delete(listener as (data: unknown) => void); };
}

/** As long as the component is shown; the listener is always that of the last drawing. */
export function useLive<E extends LiveEvent>(event: E, listener: Listener<E>): void {
  const now = useRef(listener);
  now.current = listener;
  useEffect(() => listen(event, (data) => { now.current(data); }), [event]);
}

/** As long as the component is shown, the stream brings this too. */
export function useWish(wish: Wish | undefined): void {
  useEffect(() => {
    if (wish === undefined) return undefined;
    wishes.add(wish);
    follow();
    return () => { wishes.delete(wish); follow(); };
  }, [wish?.logs, wish?.metrics]);
}

/** Opens the stream; it stays open, or is opened again, until the page ends. */
export function startLive(): void { open(); }

function address(): string {
  const all = [...wishes];
  const query = new URLSearchParams();
  for (const kind of ['logs', 'metrics'] as const) {
    const wanted = [...new Set(all.map((w) => w[kind]).filter((w) => w !== undefined))];
    if (wanted.length > 0) query.set(kind, wanted.join(','));
  }
  return query.size > 0 ? `/api/events?${query.toString()}` : '/api/events';
}

// Pages come and go in one turn (one wish ends, the next begins): the stream follows once.
let due = false;
function follow(): void {
  if (due || source === undefined) return;
  due = true;
  window.setTimeout(() => { due = false; if (address() !== opened) open(); }, 0);
}

function open(): void {
  window.clearTimeout(retry);
  source?.close();
  opened = address();
  const s = new EventSource(opened);
  source = s;
  s.addEventListener('open', () => { delay = 500; link.value = 'live'; });
  s.addEventListener('error', () => { if (s === source) lost(s); });
  for (const event of EVENTS) {
    s.addEventListener(event, (e) => {
      if (s !== source) return;
      link.value = 'live';
      const data: unknown = JSON.parse((e as MessageEvent<string>).data);
      for (const listener of listeners.get(event) ?? []) listener(data);
    });
  }
}

// A browser gives up for good after a refusal (401, 503): then we try ourselves, ever more seldom, and ask why.
function lost(s: EventSource): void {
  link.value = 'lost';
  if (s.readyState !== EventSource.CLOSED) return;
  window.clearTimeout(retry);
  retry = window.setTimeout(() => {
    void loadSession().finally(() => { if (!shut.value) open(); });
  }, delay);
  delay = Math.min(delay * 2, 10_000);
}
