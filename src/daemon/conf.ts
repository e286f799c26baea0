import type { FormView, SettingRow } from '../protocol/views.js';
import type { Params } from '../protocol/contract.js';
import { spawnEnv } from '../supervisor/launch/env.js';
import type { Daemon } from './daemon.js';
import { MASK } from './forms.js';
import type { ToldLayer } from './hot-settings.js';

/** The settings of a module as its users see them: what is in force, where it comes from, what it may be. */
export async function confOf(d: Daemon, { module, secrets }: Params<'settings.form'>): Promise<FormView | undefined> {
  const found = await d.forms.of(module);
  if (found === undefined) return undefined;
  const { form, lib, pkg, dir } = found;
  const usual = lib.formOf({ mgr: bag(bag(pkg)['mgr']) }, module);
  const section = d.settings.section(module);
  const running = [...d.supervisor.processes.values()].find((p) => p.spec.module === module);
  const env = running === undefined ? {} : spawnEnv(running, { home: d.home.dir, now: 0, settings: {}, channel: '' });
  const told = await d.hot.layers(module);
  const rows: SettingRow[] = await Promise.all(form.fields.filter((f) => !f.hidden || read(section, f.path) !== undefined).map(async (f): Promise<SettingRow> => {
    const show = (value: unknown): unknown => (f.secret && secrets !== true ? MASK : value);
    const variable = lib.variableOf(module, f);
    const own = secrets === true ? undefined : told?.[f.path.join(':')];
    const layers = own !== undefined ? await Promise.all(own.map(async (l) => ({ from: sourceOf(l), value: typeof l.value === 'string' && !f.secret ? await lib.readAs(f, l.value, dir) : l.value }))) : ([
      ['schema', usual.fields.find((u) => u.path.join('\0') === f.path.join('\0'))?.default], ['package.json', read(bag(bag(pkg)['config']), f.path)],
      [`env ${variable}`, env[variable] === undefined ? undefined : await lib.readAs(f, env[variable], dir)], ['mgr set', read(section, f.path)],
    ] as const).flatMap(([from, value]) => (value === undefined ? [] : [{ from, value: show(value) }]));
    const top = layers.at(-1);
    return {
      key: f.path.join(':'), type: lib.typeName(f), ...(top !== undefined && { value: top.value, from: top.from }), ...(f.default !== undefined && { default: show(f.default) }),
      ...(f.unit !== '' && { unit: f.unit }), ...(f.description !== '' && { description: f.description }), ...(f.secret && { secret: true }), ...(f.required && { required: true }), variable, layers,
    };
  }));
  const { unknown } = await lib.checkSection(form, section, dir);
  for (const { path } of unknown) rows.push({ key: path.join(':'), type: 'any', value: read(section, path), from: 'mgr set', unknown: true, layers: [{ from: 'mgr set', value: read(section, path) }] });
  return { module, typed: form.typed, rows, schema: lib.sectionSchema(form) };
}

const NAMES: Readonly<Record<string, string>> = { default: 'schema', package: 'package.json', store: 'mgr set' };

function sourceOf({ source, detail }: ToldLayer): string { return NAMES[source] ?? (detail === '' ? source : `${source} ${detail}`); }

function bag(value: unknown): Readonly<Record<string, unknown>> { return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}; }

function read(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) { const here = bag(at); at = Object.hasOwn(here, key) ? here[key] : undefined; }
  return at;
}
