import fs from 'node:fs';
import path from 'node:path';
import { ROOT, Rig } from './rig.js';
import { waitFor } from './wait.js';

/**
 * A module `box` in a folder of its own, with the built package beside it as `mgr`, installed and running. `body` gets
 * what waits for a JSON line of it that fits.
 */
export async function withBox<Line>(pkg: Readonly<Record<string, unknown>>, module: string, body: (rig: Rig, line: (fits: (l: Line) => boolean) => Promise<Line>) => Promise<void>): Promise<void> {
  const rig = new Rig();
  try {
    rig.file('box/package.json', JSON.stringify({ name: 'box', version: '1.0.0', ...pkg }));
    rig.file('box/index.mjs', module);
    const packages = path.join(rig.dir, 'box/node_modules');
    fs.mkdirSync(packages);
    fs.symlinkSync(ROOT, path.join(packages, 'mgr'));
    await rig.ok('install', path.join(rig.dir, 'box'));
    await body(rig, (fits) => waitFor('a line that fits', () => {
      const last = rig.read('logs/box-out.log').split('\n').filter((l) => l.startsWith('{')).at(-1);
      const told = last === undefined ? undefined : (JSON.parse(last) as Line);
      return told !== undefined && fits(told) ? told : undefined;
    }));
  } finally {
    await rig.close();
  }
}
