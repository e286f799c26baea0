import type { MethodName, Params, Result } from '../protocol/contract.js';
import type { ProcessView } from '../protocol/views.js';
import type { InstallRequest, Prepared } from '../modules/report.js';
import { startInstaller, type Told } from './installer.js';

/** The part of the RPC client that is needed here. */
export interface Caller {
  call<M extends MethodName>(method: M, params: Params<M>, options?: { readonly signal?: AbortSignal; readonly deadline?: number }): Promise<Result<M>>;
}

export interface InstallOptions {
  /** dist/installer.cjs */
  readonly installer: string;
  readonly request: InstallRequest;
  /** How long it must stay up before the former version is given up; 0 = until online. */
  readonly safeMs: number;
  /** Progress and warnings, as they come. */
  readonly report: (event: Told) => void;
}

/**
 * Installs or updates a module: prepares it in an installer process, then has the daemon activate it.
 * Throws what the installer or the daemon says (MODULE_*, INSTALL_BUSY, …). Whatever happens, no staged file stays.
 */
export async function installModule(client: Caller, options: InstallOptions): Promise<{ readonly prepared: Prepared; readonly processes: readonly ProcessView[] }> {
  const { request } = options;
  const installer = startInstaller<Prepared>({ ...options, env: request.env, cwd: request.cwd }, (event) => (event.type === 'prepared' ? { value: event.prepared } : undefined));
  try {
    const prepared = await installer.value;
    const { module, staged, apps, defaults } = prepared;
    const deadline = 120_000 + options.safeMs;
    const processes = await client.call('module.activate', { module, staged, apps, defaults, safeMs: options.safeMs }, { deadline });
    return { prepared, processes };
  } finally {
    await installer.end();
  }
}
