import { MgrError } from '../../base/errors.js';
import { maskDeep, maskValue } from '../../config/secrets-mask.js';
import type { Target } from '../../protocol/contract.js';
import type { Outcome, ProcessDetail, ProcessView } from '../../protocol/views.js';
import { fromRecord } from '../../protocol/wire.js';
import type { Done, EnvRow, ProcessInfo } from '../api-types.js';
import type { Some, Web } from '../context.js';
import { actionsOf, metricsOf, widgetOf } from '../metrics-of.js';
import { whyOf } from '../why.js';
import { specOf } from './declared.js';

type Names = 'processes' | 'process' | 'start' | 'stop' | 'startAgain' | 'restart' | 'reload' | 'remove' | 'reset' | 'scale' | 'signal' | 'send' | 'trigger' | 'flush';
/** Waiting for a program to be ready has limits of its own. */
const PATIENT = { deadline: 0 };

export function processHandlers(web: Web): Some<Names> {
  const { link } = web;
  const of = (outcomes: readonly Outcome<ProcessView[]>[]): Done => {
    web.ticker.poke();
    return doneOf(outcomes);
  };
  return {
    processes: async () => (await link.call('process.list', {})).processes,
    process: async ({ params: { target } }) => Promise.all((await link.call('process.describe', { target })).map((d) => infoOf(web, d))),
    start: async ({ body }) => of(await link.call('process.start', { apps: specOf(web, body), ifKnown: 'refuse' }, PATIENT)),
    stop: async ({ params: { target } }) => of(await link.call('process.stop', { targets: [target] }, PATIENT)),
    startAgain: async ({ params: { target } }) => of(await link.call('process.restart', { targets: [target] }, PATIENT)),
    restart: async ({ params: { target } }) => of(await link.call('process.restart', { targets: [target] }, PATIENT)),
    reload: async ({ params: { target }, body }) => of(await link.call('process.reload', { targets: [target], ...body }, PATIENT)),
    remove: async ({ params: { target } }) => of(await link.call('process.delete', { targets: [target] }, PATIENT)),
    reset: async ({ params: { target } }) => of(await link.call('process.reset', { targets: [target] })),
    scale: async ({ params: { target }, body: { to, by } }) => {
      if ((to === undefined) === (by === undefined)) throw new MgrError('BAD_OPTION', { path: 'body', got: to === undefined ? 'neither `to` nor `by`' : 'both `to` and `by`', wanted: 'one of them', fix: '{"to": 4} or {"by": 1}' });
      return of(await link.call('process.scale', { target, ...(to === undefined ? { by: by ?? 0 } : { to }) }, PATIENT));
    },
    signal: async ({ params: { target }, body: { signal } }) => of(await link.call('process.signal', { targets: [target], signal })),
    send: async ({ params: { target }, body: { line, message } }) => {
      if ((line === undefined) === (message === undefined)) throw new MgrError('BAD_OPTION', { path: 'body', got: line === undefined ? 'neither `line` nor `message`' : 'both `line` and `message`', wanted: 'one of them', fix: '{"line": "text"} or {"message": …}' });
      const found = await link.call('process.describe', { target });
      for (const { id } of found) await (line === undefined ? link.call('process.send', { id, message }) : link.call('process.stdin', { id, line: `${line}\n` }));
      return { processes: await rowsOf(web, found) };
    },
    trigger: async ({ params: { target }, body: { action, params, deadline } }) => {
      const wait = deadline ?? 10_000;
      const [outcome] = await link.call('process.trigger', { targets: [target], action, ...(params !== undefined && { params }), deadline: wait }, { deadline: wait + 5000 });
      if (!outcome) return [];
      if (!outcome.ok) throw fromRecord(outcome.error);
      return outcome.value;
    },
    flush: async ({ params: { target } }) => {
      const found = await link.call('process.describe', { target });
      await link.call('logs.flush', { targets: [target] });
      return { processes: await rowsOf(web, found) };
    },
  };
}

/** One target: what was done, or what was wrong. */
function doneOf(outcomes: readonly Outcome<ProcessView[]>[]): Done {
  const failed = outcomes.find((o) => !o.ok);
  if (failed && !failed.ok) throw fromRecord(failed.error);
  const said = outcomes.flatMap((o) => (o.ok && o.said !== undefined ? [o.said] : []));
  return { processes: outcomes.flatMap((o) => (o.ok ? o.value : [])), ...(said.length > 0 && { said: said.join('; ') }) };
}

async function rowsOf(web: Web, found: readonly { readonly id: number }[]): Promise<readonly ProcessView[]> {
  const ids = new Set(found.map((d) => d.id));
  return (await web.link.call('process.list', {})).processes.filter((p) => ids.has(p.id));
}

async function infoOf(web: Web, d: ProcessDetail): Promise<ProcessInfo> {
  const { spec: { env: _env, ...spec }, options, actions, metrics, stderrTail, exits, ...view } = d;
  const widget = widgetOf(options, d.module);
  return {
    ...view, reason: whyOf(d, web.clock.wall()), exits, stderrTail, env: await envOf(web, d.id), actions: actionsOf(actions), metrics: metricsOf(metrics),
    // Arguments and the like are no variables, but a password is found there too.
    spec: maskDeep(spec) as typeof spec, ...(widget && { widget }),
  };
}

/** Masked here too: a daemon that was told to show everything (`mgr:mask_secrets`) must not do so over HTTP. */
async function envOf(web: Web, id: Target): Promise<EnvRow[]> {
  const rows = await web.link.call('process.explain', { id: Number(id) });
  return rows.map((row) => {
    const shown = maskRow(row.name, row);
    const shadows = row.shadows.map((s) => maskRow(row.name, s));
    const masked = row.masked ?? (shown !== row || shadows.some((s, i) => s !== row.shadows[i]));
    return { ...shown, shadows, ...(masked && { masked: true as const }) };
  });
}

function maskRow<R extends { readonly value?: string }>(name: string, row: R): R {
  if (row.value === undefined) return row;
  const value = maskValue(name, row.value);
  return value === row.value ? row : { ...row, value };
}
