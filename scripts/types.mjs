// node scripts/types.mjs [folder]: the type declarations of the package, into dist/types.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const out = path.resolve(process.argv[2] ?? path.join(root, 'dist/types'));
const tsc = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', path.join(root, 'scripts/tsconfig.types.json'), '--outDir', out], { stdio: 'inherit', cwd: root });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
// tsc reads declarations and does not copy them.
for (const file of ['index.d.mts', 'sdk/module.d.mts', 'container/container.d.mts', 'jobs/jobs.d.mts', 'host/host.d.mts']) fs.copyFileSync(path.join(root, 'src', file), path.join(out, file));
