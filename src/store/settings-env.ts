import { isSafeName } from './settings-key.js';
import type { Settings } from './settings.js';

/**
 * What a program sees of its section (pm2-facts 4.4): each key verbatim as a variable, and one variable named exactly
 * like the program (`pm2-logrotate`, `@scope/x`) with the JSON of the whole section. An empty section gives `{}` there.
 * A key with NUL or `=` in it cannot be a variable; it is still in the JSON.
 */
export function moduleEnv(section: Readonly<Record<string, unknown>>, name: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(section)) {
    if (key === '' || /[=\0]/.test(key) || !isSafeName(key)) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (!text.includes('\0')) env[key] = text;
  }
  env[name] = JSON.stringify(section);
  return env;
}

/** The same for an app or a module of the supervisor, read anew at each spawn. An ordinary app without a section gets nothing. */
export function settingsOf(settings: Pick<Settings, 'section'>, spec: { readonly name: string; readonly module?: string }): Record<string, string> {
  const name = spec.module ?? spec.name;
  const section = settings.section(name);
  return spec.module === undefined && Object.keys(section).length === 0 ? {} : moduleEnv(section, name);
}
