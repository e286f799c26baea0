import { differentContent } from '../../base/content.js';
import { MgrError } from '../../base/errors.js';
import { installModule } from '../../client/install.js';
import { maskText } from '../../config/secrets-mask.js';
import type { ModuleView, ProcessDetail, ProcessView } from '../../protocol/views.js';
import { fromRecord } from '../../protocol/wire.js';
import type { ModuleInfo } from '../api-types.js';
import type { Some, Web } from '../context.js';
import { HttpError } from '../http-error.js';
import { actionsOf, metricsOf, widgetOf } from '../metrics-of.js';
import type { Report } from '../operations.js';
import { ownless } from './declared.js';
import { formOf, saveSettings } from './settings.js';
import { sendLogo } from './logo.js';

/** What it means when it says nothing. */
const NOTHING = 'nothing, so it may do all that its user may';

type Names = 'modules' | 'module' | 'install' | 'update' | 'rollback' | 'uninstall' | 'logo' | 'settings' | 'saveSettings' | 'operations' | 'operation';

export function moduleHandlers(web: Web): Some<Names> {
  const { link, operations } = web;
  const after = async (work: Promise<string>): Promise<string> => {
    const name = await work;
    web.hub.publish('module', { at: web.clock.wall() });
    web.ticker.poke();
    return name;
  };
  return {
    modules: async () => {
      const [modules, { processes }] = [await link.call('module.list', {}), await link.call('process.list', {})];
      return Promise.all(modules.map((m) => infoOf(web, m, processes)));
    },
    module: async ({ params: { module } }) => infoOf(web, await known(web, module), (await link.call('process.list', {})).processes),
    install: ({ body: { spec, scripts } }) => operations.begin('install', spec, (report) => after(install(web, spec, scripts ?? false, report))),
    update: async ({ params: { module }, body }) => {
      const m = await known(web, module);
      if (m.linked) throw new MgrError('BAD_USAGE', { reason: `${module} is linked to ${m.source}: what lies there is what runs`, fix: 'restart it after a change' });
      return operations.begin('update', module, (report) => after(install(web, body?.spec ?? m.source, m.scripts ?? false, report)));
    },
    rollback: async ({ params: { module } }) => {
      const m = await known(web, module);
      if (m.former === undefined) throw new MgrError('NO_FORMER', { name: module });
      return operations.begin('rollback', module, () => after(link.call('module.rollback', { name: module, safeMs: 0 }, { deadline: 0 }).then((r) => r.module.name)));
    },
    uninstall: async ({ params: { module } }) => {
      await known(web, module);
      return operations.begin('uninstall', module, () => after(link.call('module.uninstall', { names: [module] }, { deadline: 0 }).then(([o]) => {
        if (o && !o.ok) throw fromRecord(o.error);
        return module;
      })));
    },
    logo: async ({ params: { module } }, asked) => sendLogo(await known(web, module), await detailsOf(web, module), asked),
    settings: ({ params: { module } }) => formOf(web, module),
    saveSettings: async ({ params: { module }, body: { values } }) => saveSettings(web, module, values),
    operations: () => operations.list(),
    operation: ({ params: { operation } }) => {
      const found = operations.get(operation);
      if (!found) throw new HttpError(404, 'NOT_FOUND', `no operation ${JSON.stringify(operation)}`, 'GET /api/operations lists them');
      return found;
    },
  };
}

async function install(web: Web, spec: string, allowScripts: boolean, report: Report): Promise<string> {
  const { env, userHome, username, dist } = web.around;
  const before = await web.link.call('module.list', {});
  const { prepared, processes } = await installModule({ call: (method, params, options) => web.link.call(method, params, options) }, {
    installer: `${dist}/installer.cjs`, safeMs: 0,
    request: { spec, home: web.home.dir, allowScripts, cwd: userHome, env: ownless(env), userHome, username },
    report: (event) => report(event.type, maskText(event.text)),
  });
  if (prepared.scriptsSkipped.length > 0) report('warning', `install scripts were not run: ${prepared.scriptsSkipped.join(', ')}`);
  // What waits for a setting is installed all the same.
  for (const p of processes) if (p.status === 'stopped' && p.note !== undefined) report('warning', `${p.name} is not started: ${p.note}`);
  const { module } = prepared;
  const old = before.find((m) => m.name === module.name);
  report('progress', `${module.name} ${module.version} declares of its permissions: ${module.permissions ?? NOTHING}`);
  if (old && old.permissions !== module.permissions) report('warning', `that is other than before: ${old.permissions ?? NOTHING}`);
  if (old?.version === module.version && differentContent(old, module)) report('warning', `${module.version} has another content than the one that was installed; a rollback goes back`);
  return module.name;
}

async function known(web: Web, name: string): Promise<ModuleView> {
  const found = (await web.link.call('module.list', {})).find((m) => m.name === name);
  if (!found) throw new MgrError('MODULE_NOT_FOUND', { name });
  return found;
}

async function detailsOf(web: Web, name: string, of?: readonly ProcessView[]): Promise<ProcessDetail[]> {
  const rows = (of ?? (await web.link.call('process.list', {})).processes).filter((p) => p.module === name);
  return (await Promise.all(rows.map((p) => web.link.call('process.describe', { target: p.id })))).flat();
}

async function infoOf(web: Web, m: ModuleView, all: readonly ProcessView[]): Promise<ModuleInfo> {
  const processes = all.filter((p) => p.module === m.name);
  const details = await detailsOf(web, m.name, processes);
  const widget = details.map((d) => widgetOf(d.options, m.name)).find((w) => w !== undefined);
  const description = details.map((d) => d.options['description'] ?? d.options['comment']).find((t) => typeof t === 'string');
  const actions = new Map(details.flatMap((d) => actionsOf(d.actions)).map((a) => [a.name, a] as const));
  // A source may be an address with a login.
  return {
    ...m, source: maskText(m.source), ...(m.resolved !== undefined && { resolved: maskText(m.resolved) }), processes, actions: [...actions.values()],
    metrics: details.flatMap((d) => metricsOf(d.metrics).map((v) => ({ ...v, id: d.id }))), ...(widget && { widget }), ...(typeof description === 'string' && { description }),
  };
}

