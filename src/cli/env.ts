import type { Cli } from './world.js';

/** The environment of this command without holes. */
export function presentEnv(cli: Cli): Record<string, string> {
  return Object.fromEntries(Object.entries(cli.world.env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const])));
}
