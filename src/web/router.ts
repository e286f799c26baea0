import { type Method, ROUTES, type Route, type RouteName } from './api.js';
import { HttpError } from './http-error.js';

export interface Match { readonly name: RouteName; readonly route: Route; readonly params: Readonly<Record<string, string>> }

interface Row { readonly name: RouteName; readonly route: Route; readonly parts: readonly string[] }

// A word of its own goes before a parameter: /api/jobs/schedules is no job.
const ROWS: readonly Row[] = Object.entries(ROUTES).map(([name, route]) => ({ name: name as RouteName, route, parts: route.path.split('/') }))
  .sort((a, b) => holes(a) - holes(b));

/** The route of a path as it was sent, without its query. Undefined: none of ours. Throws 400, 405. */
export function routeOf(method: string, path: string): Match | undefined {
  const given = path.split('/');
  const fit = ROWS.filter((row) => row.parts.length === given.length && row.parts.every((p, i) => (p.startsWith('{') ? given[i] !== '' : p === given[i])));
  if (fit.length === 0) return undefined;
  const found = fit.find(({ route }) => route.method === method || (method === 'HEAD' && route.method === 'GET'));
  if (!found) throw new HttpError(405, 'METHOD', `${method} is not for ${path}`, `wanted: ${allowed(path).join(', ')}`);
  const params = Object.fromEntries(found.parts.flatMap((p, i) => (p.startsWith('{') ? [[p.slice(1, -1), decoded(given[i] ?? '')]] : [])));
  return { name: found.name, route: found.route, params };
}

export function allowed(path: string): Method[] {
  const given = path.split('/');
  return ROWS.filter((row) => row.parts.length === given.length && row.parts.every((p, i) => p.startsWith('{') || p === given[i])).map(({ route }) => route.method);
}

function holes(row: Row): number { return row.parts.filter((p) => p.startsWith('{')).length; }

function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (text.includes('\0')) throw new URIError('a zero byte');
    return text;
  } catch {
    throw new HttpError(400, 'BAD_PATH', `${JSON.stringify(part.slice(0, 100))} is no part of a path`, 'wanted: percent-encoded UTF-8');
  }
}
