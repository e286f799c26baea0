/**
 * What a child says in PM2's words (pm2-facts 4) -> what it means for us. A child is not trusted: what it sends is
 * bounded, and it cannot speak for the daemon (process:event, pm2:kill, log:*).
 */

type Bag = Readonly<Record<string, unknown>>;

export type ChildEffect =
  | { readonly kind: 'ready' }
  /** Metrics by name. */
  | { readonly kind: 'monitor'; readonly data: Bag }
  /** Has `action_name`. */
  | { readonly kind: 'action'; readonly action: Bag }
  /** Keys to set in axm_options. */
  | { readonly kind: 'options'; readonly data: Bag }
  | { readonly kind: 'nodeVersion'; readonly version: string }
  /** Goes to the bus: `data` of a typed message, or the whole untyped message as `raw`. */
  | { readonly kind: 'publish'; readonly topic: string; readonly data: unknown }
  | { readonly kind: 'publish'; readonly topic: 'process:msg'; readonly raw: unknown }
  /** Refused, with the reason. */
  | { readonly kind: 'nothing'; readonly why: string };

const MAX_METRICS = 500;
const MAX_METRIC = 8 * 1024;
const MAX_RECORD = 64 * 1024;
const MAX_PUBLISHED = 1024 ** 2;
const MAX_NAME = 200;

export function parseChildMessage(message: unknown): ChildEffect {
  if (message === 'ready') return { kind: 'ready' };
  if (!isBag(message)) return raw(message);
  const { type, data } = message;
  if (typeof type === 'string' && type !== '' && data) return typed(type, data);
  const version = message['node_version'];
  if (typeof version === 'string' && version.length <= MAX_NAME) return { kind: 'nodeVersion', version };
  return raw(message);
}

function typed(type: string, data: unknown): ChildEffect {
  switch (type) {
    case 'axm:monitor': return isBag(data) ? { kind: 'monitor', data: metrics(data) } : nothing('axm:monitor without a record');
    case 'axm:action': return action(data);
    case 'axm:option:configuration':
      if (!isBag(data)) return nothing('axm:option:configuration without a record');
      return fits(data, MAX_RECORD) ? { kind: 'options', data: clean(data) } : nothing('axm:option:configuration is too large');
    case 'axm:option:setPID': return nothing('PM2 ignores it too');
    default: break;
  }
  // These are the daemon's own words.
  if (type === 'process:event' || type === 'pm2:kill' || type.startsWith('log:')) return nothing(`a program may not send ${type}`);
  if (type.length > MAX_NAME) return nothing('the type is too long');
  return fits(data, MAX_PUBLISHED) ? { kind: 'publish', topic: type, data } : nothing(`${type} is too large`);
}

function raw(message: unknown): ChildEffect {
  return fits(message, MAX_PUBLISHED) ? { kind: 'publish', topic: 'process:msg', raw: message } : nothing('the message is too large');
}

function action(data: unknown): ChildEffect {
  if (!isBag(data) || typeof data['action_name'] !== 'string') return nothing('axm:action without action_name');
  return data['action_name'].length <= MAX_NAME && fits(data, MAX_RECORD) ? { kind: 'action', action: data } : nothing('axm:action is too large');
}

function metrics(data: Bag): Bag {
  return Object.fromEntries(Object.entries(data).filter(([name, value]) => allowed(name) && fits(value, MAX_METRIC)).slice(0, MAX_METRICS));
}

function clean(data: Bag): Bag {
  return Object.fromEntries(Object.entries(data).filter(([key]) => allowed(key)));
}

// JSON gives `__proto__` as an own key; assigned elsewhere it would become a prototype.
const allowed = (key: string): boolean => key.length <= MAX_NAME && key !== '__proto__' && key !== 'constructor' && key !== 'prototype';

const isBag = (v: unknown): v is Bag => typeof v === 'object' && v !== null && !Array.isArray(v);
const nothing = (why: string): ChildEffect => ({ kind: 'nothing', why });

/** Does the value take at most about `max` bytes as JSON? Looks no further than that, nor deeper than 100. */
function fits(value: unknown, max: number): boolean {
  let left = max;
  const walk = (v: unknown, depth: number): boolean => {
    left -= typeof v === 'string' ? v.length + 2 : 8;
    if (left < 0 || depth > 100) return false;
    if (typeof v !== 'object' || v === null) return true;
    for (const key in v) {
      left -= key.length;
      if (!walk((v as Bag)[key], depth + 1)) return false;
    }
    return true;
  };
  return walk(value, 0);
}
