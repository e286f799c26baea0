import { memoryOf } from '../base/proc.js';
import { VERSION } from '../base/version.js';
import { isMgrError } from '../base/errors.js';
import { HOST_STATES, hostGauge } from '../config/host-app.js';
import { storesOf } from '../database/documents.js';
import type { MetricsView, ProcessView } from '../protocol/views.js';
import type { Web } from './context.js';
import { cpuSeconds } from './machine/daemon-usage.js';
import { metricsOf, numberOf } from './metrics-of.js';
import { type Family, type Labels, expose, metricName } from './prometheus.js';

/** Names of custom metrics; a program that invents names must not fill the scraper. */
const MOST_NAMES = 300;

/** What `/metrics` answers. While the daemon is gone: `mgr_daemon_up 0`, the machine, and nothing that is not known. */
export async function scrape(web: Web): Promise<string> {
  const { processes, metrics } = await ask(web);
  const up = processes !== undefined;
  const at = web.clock.wall();
  const view = web.link.view;
  const memory = up && view ? memoryOf([view.pid]) : undefined;
  const cpu = up && view ? cpuSeconds(view.pid) : undefined;
  return expose([
    one('mgr_daemon_up', '1 while the daemon answers', Number(up)),
    ...(up && view ? [
      { name: 'mgr_daemon_info', help: 'Version of the daemon and its Node', labels: ['version', 'node'], values: [{ labels: { version: view.version, node: view.node }, value: 1 }] },
      one('mgr_daemon_start_time_seconds', 'Start of the daemon, seconds since 1970', view.startedAt / 1000),
    ] : []),
    ...(memory === undefined ? [] : [one('mgr_daemon_memory_bytes', 'Memory of the daemon, its share of what it shares', memory)]),
    ...(cpu === undefined ? [] : [one('mgr_daemon_cpu_seconds_total', 'Processor time of the daemon since its start', cpu)]),
    { name: 'mgr_web_info', help: 'Version of this server', labels: ['version'], values: [{ labels: { version: VERSION }, value: 1 }] },
    ...ofProcesses(processes ?? [], at), ...ofHosts(processes ?? [], metrics), ...custom(processes ?? [], metrics), ...await ofMachine(web), ...ofStore(web),
  ]);
}

async function ask(web: Web): Promise<{ readonly processes?: readonly ProcessView[]; readonly metrics: readonly MetricsView[] }> {
  if (web.link.state === 'gone') return { metrics: [] };
  try {
    const { processes } = await web.link.call('process.list', {}, { deadline: 5000 });
    return { processes, metrics: await web.link.call('process.metrics', {}, { deadline: 5000 }).catch((e: unknown) => { if (isMgrError(e)) return []; throw e; /* an older daemon does not know it */ }) };
  } catch (e) {
    if (isMgrError(e)) return { metrics: [] }; // it went away: the scrape tells that
    throw e;
  }
}

function one(name: string, help: string, value: number): Family { return { name, help, labels: [], values: [{ labels: {}, value }] }; }

const OF = ['name', 'id', 'namespace', 'module'] as const;
const labelsOf = (p: ProcessView): Labels => ({ name: p.name, id: p.id, namespace: p.namespace, module: p.module ?? '' });

function ofProcesses(all: readonly ProcessView[], at: number): Family[] {
  const each = (name: string, help: string, value: (p: ProcessView) => number | undefined): Family => ({
    name, help, labels: OF, values: all.flatMap((p) => { const v = value(p); return v === undefined ? [] : [{ labels: labelsOf(p), value: v }]; }),
  });
  const up = (p: ProcessView): boolean => p.pid > 0 && p.status === 'online';
  return [
    each('mgr_process_up', '1 while it is online', (p) => Number(up(p))),
    { name: 'mgr_process_status', help: '1 for the state it is in', labels: [...OF, 'status'], values: all.map((p) => ({ labels: { ...labelsOf(p), status: p.status }, value: 1 })) },
    each('mgr_process_cpu_ratio', 'Processor time, 1 is a whole core', (p) => p.cpu / 100),
    each('mgr_process_memory_bytes', 'Resident memory', (p) => p.memory),
    each('mgr_process_restarts_total', 'Restarts since its counter was reset', (p) => p.restarts),
    each('mgr_process_unstable_restarts_total', 'Restarts after runs shorter than min_uptime', (p) => p.unstable),
    each('mgr_process_start_time_seconds', 'Last start, seconds since 1970', (p) => (p.startedAt === undefined ? undefined : p.startedAt / 1000)),
    each('mgr_process_uptime_seconds', 'How long it runs', (p) => (p.pid > 0 && p.startedAt !== undefined ? Math.max(0, at - p.startedAt) / 1000 : undefined)),
  ];
}

/** What module hosts tell of themselves (config/host-app.ts). */
function ofHosts(processes: readonly ProcessView[], metrics: readonly MetricsView[]): Family[] {
  const values: { labels: Labels; value: number }[] = [];
  const hosts = new Set<string>();
  for (const { id, metrics: own } of metrics) {
    const p = processes.find((x) => x.id === id);
    const told = metricsOf(own);
    for (const state of HOST_STATES) {
      const value = told.find((m) => m.name === hostGauge(state))?.value;
      if (p === undefined || typeof value !== 'number') continue;
      values.push({ labels: { ...labelsOf(p), state }, value });
      hosts.add(`${p.namespace}/${p.name}`);
    }
  }
  return [{ name: 'mgr_host_modules', help: 'Modules of a module host by what became of them', labels: [...OF, 'state'], values }, one('mgr_hosts', 'Module hosts that run', hosts.size)];
}

/** `mgr_custom_<name>`: what programs measure of themselves. Texts that are no numbers are left out. */
function custom(processes: readonly ProcessView[], metrics: readonly MetricsView[]): Family[] {
  const byId = new Map(processes.map((p) => [p.id, p] as const));
  const families = new Map<string, { help: string; values: { labels: Labels; value: number }[] }>();
  for (const { id, metrics: own } of metrics) {
    const p = byId.get(id);
    if (!p) continue;
    const seen = new Set<string>();
    for (const m of metricsOf(own)) {
      const n = numberOf(m);
      const name = `mgr_custom_${metricName(m.name)}`;
      if (HOST_STATES.some((s) => m.name === hostGauge(s))) continue;
      // Two names may become one; the second would be the same time series again.
      if (!n || seen.has(name) || (!families.has(name) && families.size >= MOST_NAMES)) continue;
      seen.add(name);
      const family = families.get(name) ?? { help: `${m.name.replace(/\s+/g, ' ')}, as the program calls it`, values: [] };
      family.values.push({ labels: { ...labelsOf(p), unit: n.unit ?? '' }, value: n.value });
      families.set(name, family);
    }
  }
  return [...families].map(([name, f]) => ({ name, help: f.help, labels: [...OF, 'unit'], values: f.values }));
}

async function ofMachine(web: Web): Promise<Family[]> {
  const m = await web.machine.view();
  const t = web.machine.totals();
  const total = (name: string, help: string, value: number | undefined): Family[] => (value === undefined ? [] : [one(name, help, value)]);
  return [
    one('mgr_machine_cpu_ratio', 'Processor time in use, 1 is all cores', m.now.cpu / 100), one('mgr_machine_cpus', 'Cores', m.cpus), one('mgr_machine_load1', 'Load, mean of a minute', m.now.load),
    one('mgr_machine_memory_used_bytes', 'Memory that is not free and no cache', m.now.memory), one('mgr_machine_memory_total_bytes', 'Memory', m.memoryTotal),
    one('mgr_machine_swap_used_bytes', 'Swap in use', m.now.swap), one('mgr_machine_disk_used_bytes', 'In use on the file system of the home', m.now.disk), one('mgr_machine_disk_total_bytes', 'Its size', m.diskTotal),
    ...total('mgr_machine_network_receive_bytes_total', 'Received since the boot, without the loopback', t.netIn), ...total('mgr_machine_network_transmit_bytes_total', 'Sent since the boot, without the loopback', t.netOut),
    ...total('mgr_machine_disk_read_bytes_total', 'Read from disks since the boot', t.diskRead), ...total('mgr_machine_disk_written_bytes_total', 'Written to disks since the boot', t.diskWrite),
  ];
}

function ofStore(web: Web): Family[] {
  const { database: db, usable } = web.recorder;
  const store = one('mgr_store_up', '1 while the database is usable', Number(usable));
  if (!db) return [store];
  try {
    // Without the table nobody ever had a job.
    const jobs = db.get("SELECT 1 FROM sqlite_schema WHERE name = 'job_runs'") ? db.all('SELECT name, state, count(*) AS n FROM job_runs GROUP BY name, state') : [];
    return [
      store, { name: 'mgr_jobs', help: 'Jobs by state; those that ended are kept for a while', labels: ['name', 'state'], values: jobs.map((r) => ({ labels: { name: String(r['name']), state: String(r['state']) }, value: Number(r['n']) })) },
      { name: 'mgr_store_documents', help: 'Documents by store', labels: ['store'], values: storesOf(db).map((s) => ({ labels: { store: s.name }, value: s.documents })) },
    ];
  } catch (e) {
    if (isMgrError(e)) return [store]; // busy or full: the rest is true all the same
    throw e;
  }
}
