import type { ActionView, MetricView, WidgetView } from './api-types.js';

type Bag = Readonly<Record<string, unknown>>;

/** What a program tells of itself (PM2's axm records, whatever was put in them) as plain records: a text such as `0.42ms` is a number with a unit. */
export function metricsOf(metrics: Readonly<Record<string, Bag>>): MetricView[] {
  return Object.entries(metrics).map(([name, m]) => {
    const told: MetricView = { name, value: plain(m['value']), ...(typeof m['unit'] === 'string' && m['unit'] !== '' && { unit: m['unit'] }), historic: m['historic'] !== false };
    const n = typeof told.value === 'string' ? numberOf(told) : undefined;
    return n ? { name, ...n, historic: told.historic } : told;
  });
}

/** The number in a metric, if it is one. */
export function numberOf(m: MetricView): { readonly value: number; readonly unit?: string } | undefined {
  const unit = m.unit === undefined ? {} : { unit: m.unit };
  if (typeof m.value === 'number') return Number.isFinite(m.value) ? { value: m.value, ...unit } : undefined;
  if (typeof m.value === 'boolean') return { value: Number(m.value), ...unit };
  if (typeof m.value !== 'string') return undefined;
  const [, digits, own] = /^\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([^\s\d]\S{0,11})?\s*$/i.exec(m.value) ?? [];
  if (digits === undefined) return undefined;
  return { value: Number(digits), ...(m.unit === undefined && own !== undefined ? { unit: own } : unit) };
}

export function actionsOf(actions: readonly Bag[]): ActionView[] {
  return actions.flatMap((a) => {
    const name = a['action_name'];
    if (typeof name !== 'string') return [];
    const opts = isBag(a['opts']) ? a['opts'] : {};
    return [{ name, scoped: a['action_type'] === 'scoped', ...(typeof opts['comment'] === 'string' && { comment: opts['comment'] }), ...(typeof opts['params'] === 'string' && { params: opts['params'] }) }];
  });
}

/** Undefined: it said nothing of its looks. `module`: it may have its picture in its own package. */
export function widgetOf(options: Bag, module: string | undefined): WidgetView | undefined {
  const w = options['widget'];
  if (!isBag(w)) return undefined;
  const theme = Array.isArray(w['theme']) ? w['theme'].filter((c): c is string => typeof c === 'string' && COLOUR.test(c)).slice(0, 8) : [];
  const logo = typeof w['logo'] === 'string' ? logoOf(w['logo'], module) : undefined;
  const pid = w['pid'] ?? options['pid'];
  return { theme, ...(typeof w['type'] === 'string' && { type: w['type'] }), ...(logo !== undefined && { logo }), ...(typeof pid === 'number' && { pid }) };
}

// It stands in styles of the page: a colour and nothing else.
const COLOUR = /^(?:#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\([\d\s.,%/deg]{1,60}\))$/i;

function logoOf(logo: string, module: string | undefined): string | undefined {
  if (/^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/i.test(logo) && logo.length <= 100_000) return logo;
  // Nothing of another machine is loaded.
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(logo) || module === undefined) return undefined;
  return `/api/modules/${encodeURIComponent(module)}/logo`;
}

function plain(value: unknown): MetricView['value'] {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined || value === null) return null;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200);
}

function isBag(v: unknown): v is Bag { return typeof v === 'object' && v !== null && !Array.isArray(v); }
