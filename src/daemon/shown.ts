/** What of a program's variables leaves the daemon, and what of it comes back. */
import { maskDeep, maskEnv, maskText, maskVars, unmaskEnv } from '../config/secrets-mask.js';
import type { AppSpec } from '../config/spec.js';
import type { ProcessDetail } from '../protocol/views.js';
import { spawnEnv } from '../supervisor/launch/env.js';
import { listenEnv } from '../supervisor/launch/listen.js';
import { settingsOf } from '../store/settings-env.js';
import type { ManagedProcess } from '../supervisor/process.js';
import type { Daemon } from './daemon.js';

/** Everything about a process but what looks like a secret. */
export function masked(detail: ProcessDetail): ProcessDetail {
  return { ...detail, spec: { ...detail.spec, env: maskEnv(detail.spec.env) }, options: maskDeep(detail.options) as ProcessDetail['options'] };
}

/** The variables a process was or would be started with, without what is ours; of a secret its reference. */
export function envOf(d: Daemon, p: ManagedProcess, secrets: boolean): Record<string, string> {
  const { MGR_CHANNEL: _ours, MGR_DROP: _too, ...env } = spawnEnv(p, { ...momentOf(d, p, secrets), channel: '' });
  const refs = Object.entries(p.spec.env.secrets ?? {}).map(([name, ref]) => [name, `{secret ${secrets ? ref : maskText(ref)}}`]);
  return { ...(secrets ? env : maskVars(env)), ...listenEnv(p.spec.listen), ...Object.fromEntries(refs) as Record<string, string> };
}

/** `secrets`: also those of the module's settings. */
export function momentOf(d: Daemon, p: ManagedProcess, secrets: boolean): { home: string; now: number; settings: Readonly<Record<string, string>> } {
  return { home: d.home.dir, now: p.startedAt ?? 0, settings: settingsOf({ section: (name) => (secrets ? d.settings.section(name) : d.forms.masked(name, d.settings.section(name))) }, p.spec) };
}

/** Declarations whose makers may have the variables from us (`list`, `describe`): a masked value is ours again. */
export function unmasked(d: Daemon, specs: readonly AppSpec[]): AppSpec[] {
  return specs.map((spec) => {
    const env = unmaskEnv(spec.env, undefined);
    if (env === spec.env) return spec;
    const known = [...d.supervisor.processes.values()].find((p) => p.spec.name === spec.name && p.spec.module === spec.module);
    return { ...spec, env: unmaskEnv(spec.env, known?.spec.env) };
  });
}

/** The same for a change of a known one. */
export function unmaskedChange(change: (spec: AppSpec) => AppSpec): (spec: AppSpec) => AppSpec {
  return (spec) => {
    const next = change(spec);
    const env = unmaskEnv(next.env, spec.env);
    return env === next.env ? next : { ...next, env };
  };
}
