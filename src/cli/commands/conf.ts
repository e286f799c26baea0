import fs from 'node:fs';
import path from 'node:path';
import { MgrError, reasonOf } from '../../base/errors.js';
import type { FormView } from '../../protocol/views.js';
import { dumpConf, renderConf, renderConfHelp, renderEnvTemplate, renderLayers } from '../render/conf.js';
import { isOn, text } from '../values.js';
import type { Cli, Command, Options } from '../world.js';
import { show, store } from './settings.js';

/**
 * PM2's old name for `get` and `set`: with a value it sets, then it always lists. A module that declares its settings is shown as a
 * table; with one of the flags any module.
 */
export const conf: Command = {
  args: '[key] [value]',
  options: [
    { flags: '--json', summary: 'all that is known of each setting, as JSON' },
    { flags: '--json-schema', summary: 'JSON Schema of the settings of a module' },
    { flags: '--explain', summary: 'every source that has a value, and which one counts' },
    { flags: '--env', summary: 'a .env file with the variables of a module' },
    { flags: '--dump [file]', summary: 'the settings in force as JSON, - is standard output' },
    { flags: '--import <file>', summary: 'set what such a JSON file has otherwise, all of it or nothing; - is standard input' },
    { flags: '--no-restart', summary: 'with a value or --import: restart nothing' },
    { flags: '--show-secrets', summary: 'do not mask secrets' },
  ],
  loose: true,
  async run(cli, { args: [key, value], options }) {
    const calm = options['restart'] === false;
    if (key !== undefined && value !== undefined) return store(cli, [[key, value]], calm);
    const secrets = isOn(options, 'showSecrets');
    const looks = ['json', 'jsonSchema', 'explain', 'env', 'dump', 'import'].some((o) => options[o] !== undefined && options[o] !== false);
    const [module = '', ...own] = key === undefined ? [] : (/^(@[^:.]+\/[^:]+|[^:.]+)(?:[:.](.*))?$/.exec(key) ?? []).slice(1).filter((p) => p !== undefined);
    const form = module === '' || (own.length > 0 && !looks) ? undefined : await (await cli.daemon()).call('settings.form', { module, ...(secrets && { secrets }) });
    if (form === undefined) {
      if (looks) throw new MgrError('BAD_USAGE', { reason: key === undefined ? 'conf: got no module' : `conf: \`${module}\` is no installed module`, fix: '`mgr module:list` shows them; usage: mgr conf <module> --explain' });
      return show(cli, key, secrets);
    }
    if (!form.typed && !looks) return show(cli, key, secrets);
    const from = text(options, 'import');
    if (from !== undefined) {
      const entries = await (await import('../conf-import.js')).importedEntries(cli, form, from);
      if (entries.length > 0) return store(cli, entries, calm);
      cli.out.done(`nothing differs from what ${module} has`);
      return 0;
    }
    answer(cli, own.length === 0 ? form : one(form, own.join(':').replaceAll('.', ':')), options);
    return 0;
  },
  async more(cli, words) {
    const module = words.find((w) => !w.startsWith('-'));
    const form = module === undefined ? undefined : await (await cli.daemon()).call('settings.form', { module });
    return form === undefined || form.rows.length === 0 ? undefined : renderConfHelp(form);
  },
};

function answer(cli: Cli, form: FormView, options: Options): void {
  const look = { columns: cli.out.columns, colour: cli.out.colour };
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  if (isOn(options, 'jsonSchema')) cli.out.answer(json(form.schema));
  else if (isOn(options, 'env')) cli.out.answer(renderEnvTemplate(form));
  else if (isOn(options, 'explain')) cli.out.answer(isOn(options, 'json') ? json(form.rows) : renderLayers(form, look));
  else if (options['dump'] !== undefined) dump(cli, json(dumpConf(form)), text(options, 'dump') ?? '-');
  else if (isOn(options, 'json')) cli.out.answer(json({ module: form.module, typed: form.typed, settings: form.rows }));
  else cli.out.answer(form.rows.length === 0 ? `${form.module} has no settings\n` : renderConf(form, look));
}

function dump(cli: Cli, content: string, to: string): void {
  if (to === '-') { cli.out.answer(content); return; }
  const file = path.resolve(cli.world.cwd(), to);
  try {
    fs.writeFileSync(file, content, { mode: 0o600 });
  } catch (e) {
    throw new MgrError('BAD_USAGE', { reason: `conf --dump: cannot write ${file}: ${reasonOf(e)}`, fix: 'name another file, or - for standard output' }, e);
  }
  cli.out.done(`wrote ${file}`);
}

function one(form: FormView, key: string): FormView {
  const rows = form.rows.filter((r) => r.key === key || r.key.startsWith(`${key}:`));
  if (rows.length === 0) throw new MgrError('NO_SUCH_SETTING', { key: `${form.module}:${key}` });
  return { ...form, rows };
}
