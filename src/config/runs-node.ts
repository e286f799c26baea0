import path from 'node:path';
import type { AppSpec } from './spec.js';

/** Is it Node that runs this app, by the name of its interpreter? Only then is there a message channel, and a sandbox. */
export function runsNode({ interpreter }: Pick<AppSpec, 'interpreter'>): boolean {
  return /^node(js)?(\d+)?(\.exe)?$/.test(path.basename(interpreter));
}
