// Fetches the modules from npm that test/walks/real-modules installs, with all they need, into node_modules/.real-modules: what
// was on npm at one moment, so that it is the same each time; no scripts are run. Without it those tests are skipped. They are no
// devDependencies: some have dependencies outside the registry, which `npm ci` refuses.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const MODULES = ['pm2-logrotate@3.0.0', 'pm2-server-monit@3.0.0', 'pm2-slack@0.3.4', 'pm2-mongodb@1.0.1'];
const MOMENT = '2026-11-01';
const DONE = '.done';

const dir = path.join(path.dirname(path.dirname(new URL(import.meta.url).pathname)), 'node_modules/.real-modules');
const wanted = `${MODULES.join(' ')} before ${MOMENT}\n`;
const done = path.join(dir, DONE);
if (!fs.existsSync(done) || fs.readFileSync(done, 'utf8') !== wanted) {
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
  const { status } = spawnSync('npm', ['install', ...MODULES, `--before=${MOMENT}`, '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'], { cwd: dir, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  fs.writeFileSync(done, wanted);
}
