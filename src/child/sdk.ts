import fs from 'node:fs';
import path from 'node:path';
import { linkSdk, wantsSdk } from '../base/sdk-link.js';

/** For a module that uses `mgr/module` and has none (any more): ours, before it asks for it. */
export function offerSdk(dir: string): void {
  try {
    if (wantsSdk(JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8')))) linkSdk(dir, path.dirname(__dirname));
  } catch { /* no package.json there, or a folder we may not write to: the module's own error tells what it misses */ }
}
