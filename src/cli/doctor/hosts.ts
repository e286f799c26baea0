import { isMgrError } from '../../base/errors.js';
import type { ModuleRow } from '../../host/views.js';
import { askHost, hostsOf } from '../host/hosts.js';
import type { Cli } from '../world.js';
import type { DaemonLook } from './daemon.js';
import type { Finding } from './finding.js';

/** Modules that a running host could not load. Nothing is said where there is no host. */
export async function lookAtHosts(cli: Cli, { running }: DaemonLook): Promise<readonly Finding[]> {
  if (!running) return [];
  // A daemon that cannot be asked is the finding of another look.
  const hosts = await hostsOf(cli).catch((e: unknown) => { if (isMgrError(e)) return []; throw e; });
  const all = await Promise.all(hosts.map(async (h): Promise<readonly Finding[]> => {
    const about = `host ${h.name}`;
    // What stands still was stopped, or tells why in the list.
    if (!h.processes.some((p) => p.status === 'online')) return [];
    let rows: readonly ModuleRow[];
    try {
      rows = await askHost<ModuleRow[]>(cli, h, 'host:modules');
    } catch (e) {
      if (!isMgrError(e)) throw e;
      return [{ about, state: 'wrong', text: `it does not answer: ${e.message}`, fix: `mgr logs ${h.name}` }];
    }
    const bad = rows.filter((r) => r.state === 'errored' || r.state === 'quarantined');
    if (bad.length === 0) return [{ about, state: 'ok', text: rows.length === 1 ? '1 module, loaded' : `${rows.length} modules, all loaded` }];
    return bad.map((r): Finding => ({ about, state: 'wrong', text: `${r.file} is ${r.state}: ${r.reason ?? ''}`, fix: r.state === 'quarantined' ? `correct the file, or mgr host unquarantine ${r.file} --name ${h.name}` : `correct the file, then mgr restart ${h.name}` }));
  }));
  return all.flat();
}
