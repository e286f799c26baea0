/** What a form asks for, made from a JSON Schema; texts of the form to values and back. Pure. */
import type { FormField } from '../../../host/views.js';
import { plain } from '../lib/format.js';

export type Kind = 'text' | 'long' | 'number' | 'flag' | 'choice' | 'list' | 'json' | 'secret';
type Json = Readonly<Record<string, unknown>>;

export interface FieldSpec {
  /** `tls:port`. */
  readonly key: string;
  readonly kind: Kind;
  /** The word of the schema, for people. */
  readonly type: string;
  readonly description?: string;
  readonly unit?: string;
  readonly required: boolean;
  readonly choices?: readonly unknown[];
  readonly default?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  /** Members of a list are numbers. */
  readonly numbers?: boolean;
}

/** The fields of an object schema, those of groups below it as `group:key`. */
export function fieldsOf(schema: Json, above = ''): FieldSpec[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(bag(schema['properties'])).flatMap(([name, raw]) => {
    const s = bag(raw);
    const key = above === '' ? name : `${above}:${name}`;
    if (typeOf(s) === 'object' && Object.keys(bag(s['properties'])).length > 0) return fieldsOf(s, key);
    return [fieldOf(key, s, required.includes(name))];
  });
}

export function fieldOf(key: string, s: Json, required: boolean): FieldSpec {
  const type = typeOf(s);
  const choices = Array.isArray(s['enum']) ? s['enum'] as unknown[] : undefined;
  const text = (k: string): string | undefined => (typeof s[k] === 'string' ? s[k] : undefined);
  const num = (k: string): number | undefined => (typeof s[k] === 'number' ? s[k] : undefined);
  const description = text('description');
  const pattern = text('pattern');
  const unit = text('x-unit') ?? text('unit');
  const min = num('minimum');
  const max = num('maximum');
  return {
    key, required, type: choices === undefined ? type : 'choice', kind: kindOf(s, type, choices),
    ...(description !== undefined && { description }), ...(pattern !== undefined && { pattern }), ...(unit !== undefined && { unit }), ...(choices && { choices }),
    ...('default' in s && { default: s['default'] }), ...(min !== undefined && { min }), ...(max !== undefined && { max }),
    ...(type === 'array' && ['number', 'integer'].includes(typeOf(bag(s['items']))) && { numbers: true }),
  };
}

function kindOf(s: Json, type: string, choices: readonly unknown[] | undefined): Kind {
  if (s['writeOnly'] === true || s['format'] === 'password' || s['x-widget'] === 'password') return 'secret';
  if (choices !== undefined) return 'choice';
  if (type === 'boolean') return 'flag';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array') return ['string', 'number', 'integer'].includes(typeOf(bag(s['items']))) || s['items'] === undefined ? 'list' : 'json';
  if (type === 'object') return 'json';
  return s['x-widget'] === 'textarea' || s['format'] === 'textarea' ? 'long' : 'text';
}

/** A value as the form shows it. */
export function written(f: FieldSpec, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (f.kind === 'list' && Array.isArray(value)) return value.map(String).join('\n');
  return typeof value === 'string' ? value : f.kind === 'json' ? JSON.stringify(value, null, 2) : plain(value);
}

export type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly wrong: string };

/** A text of the form as a value; what cannot be told here is told by the server. Empty: no value. */
export function read(f: FieldSpec, text: string): Read {
  const bad = (wanted: string): Read => ({ ok: false, wrong: `Got “${text.slice(0, 40)}”, wanted ${wanted}` });
  if (text.trim() === '') return f.required && f.default === undefined ? { ok: false, wrong: 'A value is needed here' } : { ok: true, value: undefined };
  switch (f.kind) {
    case 'number': {
      const n = Number(text);
      if (!Number.isFinite(n) || (f.type === 'integer' && !Number.isInteger(n))) return bad(f.type === 'integer' ? 'a whole number' : 'a number');
      if ((f.min !== undefined && n < f.min) || (f.max !== undefined && n > f.max)) return bad(`a number ${f.min === undefined ? '' : `from ${f.min} `}${f.max === undefined ? '' : `up to ${f.max}`}`.trim());
      return { ok: true, value: n };
    }
    case 'flag': return { ok: true, value: text === 'true' };
    case 'choice': return { ok: true, value: f.choices?.find((c) => String(c) === text) ?? text };
    case 'list': {
      const items = text.split('\n').map((l) => l.trim()).filter((l) => l !== '');
      if (f.numbers !== true) return { ok: true, value: items };
      return items.every((i) => Number.isFinite(Number(i))) ? { ok: true, value: items.map(Number) } : bad('numbers, one a line');
    }
    case 'json': try { return { ok: true, value: JSON.parse(text) as unknown }; } catch (e) { return { ok: false, wrong: `This is no JSON: ${e instanceof Error ? e.message : String(e)}` }; }
    case 'text':
      if (f.pattern !== undefined && !matches(f.pattern, text)) return bad(`what fits ${f.pattern}`);
      return { ok: true, value: text };
    case 'long':
    case 'secret': return { ok: true, value: text };
  }
}

function matches(pattern: string, text: string): boolean {
  try { return new RegExp(pattern, 'u').test(text); } catch { return true; } // a pattern of another dialect: the server knows it
}

/** `{ 'tls:port': 1 }` -> `{ tls: { port: 1 } }` */
export function nested(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(flat)) {
    const path = key.split(':');
    let at = out;
    for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
    at[path.at(-1) ?? key] = value;
  }
  return out;
}

/** The value at `a:b`. */
export function reach(value: unknown, key: string): unknown { return key.split(':').reduce<unknown>((at, part) => bag(at)[part], value); }

function typeOf(s: Json): string {
  const t = s['type'];
  return typeof t === 'string' ? t : Array.isArray(t) ? String(t.find((x) => x !== 'null') ?? 'string') : s['properties'] !== undefined ? 'object' : 'string';
}
export function bag(value: unknown): Json { return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Json : {}; }

/** A field of a resource type's form. */
export function asked(f: FormField): FieldSpec {
  const kinds: Readonly<Record<FormField['widget'], Kind>> = { text: 'text', textarea: 'long', number: 'number', checkbox: 'flag', select: 'choice', password: 'secret', json: 'json' };
  return { key: f.name.replaceAll('.', ':'), kind: kinds[f.widget], type: f.widget === 'select' ? 'choice' : f.type, description: f.description, required: f.required, ...('default' in f && { default: f.default }), ...(f.choices && { choices: f.choices }) };
}
