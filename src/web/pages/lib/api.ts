/**
 * Calls of the HTTP API, typed by its table of routes: a route that is not there, a wrong parameter or a wrong body does
 * not compile. Throws `Refusal`; a 401 also closes the gate (lib/session.ts).
 */
import type { AnswerOf, BodyOf, PathParams, QueryOf, ROUTES, RouteName } from '../../api.js';
import type { Failure } from '../../api-types.js';
import { Refusal } from './refusal.js';
import { signal } from './signals.js';

type Table = typeof ROUTES;
/** `POST /api/processes/{target}/stop` */
export type RouteLine = { [N in RouteName]: `${Table[N]['method']} ${Table[N]['path']}` }[RouteName];
type NameOf<L extends RouteLine> = { [N in RouteName]: `${Table[N]['method']} ${Table[N]['path']}` extends L ? N : never }[RouteName];
type PathOf<L extends RouteLine> = L extends `${string} ${infer P}` ? P : never;

interface Given<L extends RouteLine> {
  readonly params?: PathParams<PathOf<L>>;
  readonly query?: Partial<QueryOf<NameOf<L>>>;
  readonly body?: BodyOf<NameOf<L>>;
  readonly signal?: AbortSignal;
}

/** No token, or one that is not valid (any more). */
export const shut = signal(false);

export async function call<L extends RouteLine>(line: L, given: Given<L> = {}): Promise<AnswerOf<NameOf<L>>> {
  const [method = 'GET', path = ''] = line.split(' ');
  const params = (given.params ?? {}) as Readonly<Record<string, string>>;
  const query = new URLSearchParams(Object.entries(given.query ?? {}).filter((e) => e[1] !== undefined && e[1] !== '').map(([k, v]) => [k, String(v)]));
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? '')) + (query.size > 0 ? `?${query.toString()}` : '');
  const answer = await fetch(url, {
    method, credentials: 'same-origin', cache: 'no-store',
    headers: { accept: 'application/json', ...(given.body !== undefined && { 'content-type': 'application/json' }) },
    ...(given.body !== undefined && { body: JSON.stringify(given.body) }), ...(given.signal && { signal: given.signal }),
  }).catch((e: unknown) => {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new Refusal(0, 'OFFLINE', 'The dashboard\'s server does not answer', 'Is it running? mgr web starts it');
  });
  if (answer.status === 204) return undefined as AnswerOf<NameOf<L>>;
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer.status, text);
  return JSON.parse(text) as AnswerOf<NameOf<L>>;
}

function refusal(status: number, text: string): Refusal {
  if (status === 401) shut.value = true;
  try {
    const { error } = JSON.parse(text) as Failure;
    return new Refusal(status, error.code, error.message, error.hint, error.data);
  } catch {
    return new Refusal(status, `HTTP_${status}`, text.trim().slice(0, 300) || `The server answered ${status}`);
  }
}
