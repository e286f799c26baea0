import { asError } from '../base/thrown.js';
import type { Program } from './program.js';

/** As much of a `ModuleManager` of `mgr/container` as we need; the library itself is only loaded by those who use it. */
export interface Container {
  run(context?: object): Promise<{ readonly exitCode: number }>;
  stop(reason?: string): Promise<void>;
  reload(): Promise<unknown>;
  settings(): readonly Readonly<Record<string, unknown>>[];
  explain(path: string): readonly object[];
}

/** What a container is given of the module it is. */
export interface Containing {
  readonly program: Program;
  /** `config` of package.json. */
  readonly packageConfig: Readonly<Record<string, unknown>>;
  /** What was set in the manager, at any time. */
  readonly settings: () => Readonly<Record<string, unknown>>;
  /** All modules are started. */
  readonly up: () => void;
}

/**
 * Runs a container with the settings of the module as its strongest layer. Signals are not its own: `Stop` calls `stop`.
 * Resolves with the exit code; failures, each with its module and phase, are told on stderr.
 */
export async function runContained(container: Container, { program, packageConfig, settings, up }: Containing): Promise<number> {
  try {
    const { exitCode } = await container.run({
      argv: program.argv, env: program.env, cwd: program.cwd, packageConfig, store: settings, out: (text: string) => { program.out(text); }, up,
    });
    return exitCode;
  } catch (e) {
    const errors = e instanceof AggregateError ? e.errors : [e];
    for (const one of errors) program.warn(`error: ${told(asError(one))}`);
    return 1;
  }
}

/** Every layer of every setting, by its key: `tls:port`. */
export function layersOf(container: Container, schema: unknown, above: readonly string[] = []): Record<string, readonly object[]> {
  const found: Record<string, readonly object[]> = {};
  for (const { field, child, configurables } of Array.isArray(schema) ? schema as Readonly<Record<string, unknown>>[] : []) {
    if (typeof child === 'string') Object.assign(found, layersOf(container, configurables, [...above, child]));
    if (typeof field !== 'string') continue;
    const path = [...above, field];
    try { found[path.join(':')] = container.explain(path.join('.')); } catch { /* the choice of a provider is no field, and has none */ }
  }
  return found;
}

/** Hands new settings to a container, as a handler of `onConfig` does. */
export async function renew(container: Container): Promise<unknown> {
  try {
    await container.reload();
    return undefined;
  } catch (e) {
    const report = reportOf(e);
    if (report?.outcome === 'restart') return { restart: report.reasons.join('; ') };
    // Not up yet, or ending: there is nothing that could take it.
    if (report === undefined && codeOf(e) === 'E_RELOAD') return { restart: 'it is not up yet' };
    throw report?.outcome === 'failed' ? Object.assign(asError(e), { stuck: true }) : e;
  }
}

function reportOf(e: unknown): { readonly outcome: unknown; readonly reasons: readonly string[] } | undefined {
  return typeof e === 'object' && e !== null && 'report' in e ? e.report as { outcome: unknown; reasons: readonly string[] } : undefined;
}

function codeOf(e: unknown): unknown { return typeof e === 'object' && e !== null && 'code' in e ? e.code : undefined; }

// The place in the program where it failed helps; where the container noticed does not.
function told({ message, stack, cause }: Error & { code?: unknown }): string {
  const at = cause instanceof Error ? cause.stack?.split('\n').find((l) => /^\s+at /.test(l))?.trim() : undefined;
  return at === undefined ? (cause === undefined && !message.includes(':') ? stack ?? message : message) : `${message} (${at})`;
}
