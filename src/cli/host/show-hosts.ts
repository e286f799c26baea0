import path from 'node:path';
import { Notes } from '../../host/notes.js';
import { hostNotes } from '../../host/options.js';
import type { ModuleRow, ResourceView, TypeView } from '../../host/views.js';
import { report } from '../commands/outcome.js';
import { paint } from '../output.js';
import { table, type Column, type TableStyle } from '../table.js';
import { isOn } from '../values.js';
import type { Cli, Input } from '../world.js';
import { askHost, hostOf, hostsOf, type HostApp } from './hosts.js';

type Show<T> = (cli: Cli, rows: readonly T[], style: TableStyle) => string;
interface Row { readonly name: string; readonly status: string; readonly url: string; readonly instances: number; readonly modules: number; readonly failed: number; readonly dir: string }

const plain = <T>(title: string, text: (row: T) => string): Column<T> => ({ title, text });

export async function listHosts(cli: Cli, input: Input): Promise<number> {
  const rows = await Promise.all((await hostsOf(cli)).map(async (h): Promise<Row> => {
    const online = h.processes.some((p) => p.status === 'online');
    const [info, modules] = online ? await Promise.all([askHost<{ url: string }>(cli, h, 'host:info'), askHost<ModuleRow[]>(cli, h, 'host:modules')]).catch(() => [undefined, undefined]) : [];
    const loaded = modules?.filter((m) => m.state === 'loaded').length ?? 0;
    return { name: h.name, status: h.processes[0]?.status ?? 'stopped', url: info?.url ?? '', instances: h.processes.length, modules: loaded, failed: modules?.filter((m) => m.state === 'errored' || m.state === 'quarantined').length ?? 0, dir: h.dir };
  }));
  return show(cli, input, rows, 'no module host; mgr host start <folder> starts one', (c, r, style) => table(r, [[plain('name', (x) => x.name), plain('status', (x) => x.status), plain('url', (x) => x.url), plain('instances', (x) => String(x.instances)), plain('modules', (x) => `${x.modules}${x.failed > 0 ? ` (${x.failed} not)` : ''}`), plain('folder', (x) => x.dir)]], style));
}

export async function showTypes(cli: Cli, input: Input, name: string | undefined): Promise<number> {
  const rows = await askHost<TypeView[]>(cli, await hostOf(cli, name), 'host:types');
  return show(cli, input, rows, 'no resource type', (_c, r, style) => table(r, [[plain('type', (x) => x.type), plain('label', (x) => x.label), plain('events', (x) => x.events.join(', ')), plain('pages', (x) => x.pages.join(', ')), plain('from', (x) => x.from)]], style));
}

export async function showResources(cli: Cli, input: Input, name: string | undefined): Promise<number> {
  const rows = await askHost<ResourceView[]>(cli, await hostOf(cli, name), 'host:resources');
  return show(cli, input, rows, 'no resource', (_c, r, style) => table(r, [[plain('path', (x) => x.path), plain('type', (x) => x.type), plain('state', (x) => x.state), plain('files', (x) => x.files.join(', ')), plain('why', (x) => x.reason ?? Object.entries(x.faults).map(([f, w]) => `${f}: ${w}`).join('; '))]], style));
}

export async function showModules(cli: Cli, input: Input, name: string | undefined): Promise<number> {
  const rows = await askHost<ModuleRow[]>(cli, await hostOf(cli, name), 'host:modules');
  const p = paint(cli.out.colour);
  const state: Column<ModuleRow> = { title: 'state', text: (x) => x.state, tint: (cell, x) => (x.state === 'loaded' ? p.green(cell) : x.state === 'isolated' ? cell : p.red(cell)) };
  return show(cli, input, rows, 'no module', (_c, r, style) => table(r, [[plain('module', (x) => x.file), state, plain('ms', (x) => (x.state === 'loaded' ? String(x.ms) : '')), plain('why', (x) => x.reason ?? '')]], style));
}

/** Reads `resources/` again after an edit by hand, without a restart. 1 when one of them is not served. */
export async function reloadResources(cli: Cli, name: string | undefined): Promise<number> {
  const host = await hostOf(cli, name);
  const rows = await askHost<ResourceView[]>(cli, host, 'host:reload');
  const bad = rows.flatMap((r) => [...(r.reason === undefined ? [] : [r.reason]), ...Object.values(r.faults)].map((why) => `mgr: /${r.id}: ${why}`));
  for (const text of bad) cli.out.problem(text);
  cli.out.done(`${host.name} has read its ${rows.length === 1 ? '1 resource' : `${rows.length} resources`} again`);
  return bad.length === 0 ? 0 : 1;
}

/** Takes a module out of quarantine and starts its host anew, so that it is tried again. */
export async function unquarantine(cli: Cli, file: string, name: string | undefined): Promise<number> {
  const hosts = await withAlone(cli, await hostOf(cli, name));
  const known = hosts.flatMap((h) => notesOf(cli, h).all().map((full) => ({ host: h, full })));
  const found = known.find(({ full }) => full === file || path.basename(full) === file || path.parse(full).name === file);
  if (found === undefined) {
    cli.out.problem(`mgr: ${file} is not in quarantine\n  → ${known.length === 0 ? `nothing of ${hosts[0]?.name ?? 'it'} is` : `wanted: ${known.map((k) => k.full).join(', ')}`}`);
    return 1;
  }
  notesOf(cli, found.host).release(found.full);
  cli.out.done(`${found.full} is out of quarantine; ${found.host.name} starts anew`);
  return report(cli, await (await cli.daemon()).call('process.restart', { targets: [found.host.name] }, { deadline: 0 }));
}

export async function stopHost(cli: Cli, name: string | undefined): Promise<number> {
  const host = await hostOf(cli, name);
  const targets = (await withAlone(cli, host)).map((h) => h.name);
  return report(cli, await (await cli.daemon()).call('process.stop', { targets }, { deadline: 0 }));
}

/** A host and those of its modules that want to be alone. */
async function withAlone(cli: Cli, host: HostApp): Promise<HostApp[]> {
  return [host, ...(await hostsOf(cli)).filter((h) => h.name.startsWith(`${host.name}:`))];
}

function notesOf(cli: Cli, host: HostApp): Notes {
  return new Notes({ dir: hostNotes(cli.home.dir, host.name), instance: '0', boot: '', now: () => cli.world.now() });
}

function show<T>(cli: Cli, input: Input, rows: readonly T[], none: string, draw: Show<T>): number {
  const p = paint(cli.out.colour);
  if (isOn(input.options, 'json')) cli.out.answer(`${JSON.stringify(rows, undefined, 2)}\n`);
  else if (rows.length === 0) cli.out.answer(`${none}\n`);
  else cli.out.answer(draw(cli, rows, { columns: cli.out.columns, head: (t) => p.bold(p.cyan(t)), line: p.dim }));
  return 0;
}
