import { MgrError } from '../../base/errors.js';
import { MASK, maskDeep, namesSecret } from '../../config/secrets-mask.js';
import type { FormView, SettingsSaved } from '../api-types.js';
import type { Web } from '../context.js';

/** Secrets are masked whatever the daemon shows elsewhere. Throws MODULE_NOT_FOUND. */
export async function formOf(web: Web, module: string): Promise<FormView> {
  const form = await web.link.call('settings.form', { module });
  if (form === undefined) throw new MgrError('MODULE_NOT_FOUND', { name: module });
  const secret = new Set(form.rows.flatMap((r) => (r.secret === true ? [r.key] : [])));
  return {
    ...form, schema: maskedSchema(form.schema, secret, '') as FormView['schema'],
    rows: form.rows.map((row) => {
      const name = row.key.slice(row.key.lastIndexOf(':') + 1);
      const shown = (value: unknown): unknown => (row.secret === true && value !== undefined && value !== '' ? MASK : maskDeep(value, name));
      return {
        ...row, ...(row.value !== undefined && { value: shown(row.value) }), ...(row.default !== undefined && { default: shown(row.default) }),
        layers: row.layers.map((l) => ({ ...l, value: shown(l.value) })),
      };
    }),
  };
}

/** Saves all values or none; then takes away what shall be no longer set. Throws what the daemon refuses: then nothing was saved. */
export async function saveSettings(web: Web, module: string, values: Readonly<Record<string, unknown>>): Promise<SettingsSaved> {
  // What a form was shown masked, wholly or in a part, and did not change comes back masked.
  const shown = new Map((await formOf(web, module)).rows.map((r) => [r.key, text(r.value)] as const));
  const given = Object.entries(values).filter(([key, v]) => !(text(v).includes(MASK) && (v === MASK || shown.get(key) === text(v))));
  for (const [key] of given) if (key === '' || !/^[^\s]+$/.test(key)) throw new MgrError('BAD_KEY', { key, reason: 'it is empty or has spaces in it' });
  const set = given.filter(([, v]) => v !== null).map(([key, v]) => [`${module}:${key}`, text(v)] as const);
  const unset = given.filter(([, v]) => v === null).map(([key]) => key);
  const answers = set.length > 0 ? await web.link.call('settings.set', { entries: set }, { deadline: 0 }) : [];
  for (const key of unset) await web.link.call('settings.unset', { key: `${module}:${key}` }, { deadline: 0 });
  const applied = answers[0]?.applied ?? 'stored';
  web.ticker.poke();
  return {
    keys: [...set.map(([key]) => ({ key: key.slice(module.length + 1), saved: true as const, applied })), ...unset.map((key) => ({ key, saved: true as const, applied: 'stored' as const }))],
    warnings: answers.flatMap((a) => a.warnings ?? []), form: await formOf(web, module),
  };
}

function text(value: unknown): string { return typeof value === 'string' ? value : JSON.stringify(value) ?? ''; }

/** A schema tells the defaults too, and examples. */
function maskedSchema(schema: unknown, secret: ReadonlySet<string>, key: string): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const { properties, default: def, examples: _examples, ...rest } = schema as Readonly<Record<string, unknown>>;
  const name = key.slice(key.lastIndexOf(':') + 1);
  const hidden = secret.has(key) || rest['writeOnly'] === true || namesSecret(name);
  return {
    ...rest, ...(def !== undefined && { default: hidden ? MASK : maskDeep(def, name) }),
    ...(typeof properties === 'object' && properties !== null && { properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, maskedSchema(v, secret, key === '' ? k : `${key}:${k}`)])) }),
  };
}
