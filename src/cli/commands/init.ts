import fs from 'node:fs';
import path from 'node:path';
import { MgrError, errno, reasonOf } from '../../base/errors.js';
import { isOn } from '../values.js';
import type { Command } from '../world.js';

/** Writes a config file for the folder it is called in. Never over one that is there, unless forced (PM2 does). */
export const init: Command = {
  args: '[form]',
  options: [{ flags: '-f, --force', summary: 'write over a file that is there' }],
  async run(cli, { args: [form], options }) {
    if (form !== undefined && form !== 'simple') throw new MgrError('BAD_USAGE', { reason: `init: got \`${form}\`, wanted \`simple\` or nothing`, fix: 'mgr init, or mgr init simple' });
    const cwd = cli.world.cwd();
    const project = projectIn(cwd);
    // In a package of type module a `.js` file would be read as one, where module.exports is not known.
    const file = path.join(cwd, project.esm ? 'ecosystem.config.cjs' : 'ecosystem.config.js');
    write(file, form === 'simple' ? simple(project) : full(project), isOn(options, 'force'));
    cli.out.done(`File ${file} generated`);
    cli.out.notice(`mgr: next: edit it, then mgr start ${path.basename(file)}`);
    return 0;
  },
};

function write(file: string, text: string, force: boolean): void {
  try {
    fs.writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (e) {
    if (errno(e) === 'EEXIST') throw new MgrError('BAD_USAGE', { reason: `init: ${file} is there already; nothing was changed`, fix: '--force writes over it' }, e);
    throw new MgrError('BAD_FILE', { file, reason: reasonOf(e), fix: 'wanted: a folder that may be written to' }, e);
  }
}

interface Project { readonly name: string; readonly script: string; readonly esm: boolean }

const ENTRIES = ['app.js', 'server.js', 'index.js', 'main.js', 'src/index.js', 'src/server.js', 'dist/index.js', 'app.mjs', 'index.mjs', 'app.ts', 'server.ts', 'index.ts', 'src/index.ts', 'app.py', 'main.py'];

// What is here already is a better guess than app.js.
function projectIn(cwd: string): Project {
  const own = packageAt(cwd);
  const isFile = (name: string): boolean => fs.statSync(path.join(cwd, name), { throwIfNoEntry: false })?.isFile() === true;
  const main = typeof own?.['main'] === 'string' && isFile(own['main']) ? own['main'] : undefined;
  const script = main ?? ENTRIES.find(isFile) ?? 'app.js';
  const name = typeof own?.['name'] === 'string' && own['name'] !== '' ? own['name'].replace(/^@[^/]*\//, '') : path.basename(cwd) || 'app';
  return { name, script: script.startsWith('./') ? script : `./${script}`, esm: typeAround(cwd) === 'module' };
}

/** `type` of the nearest package.json, which is what Node goes by. */
function typeAround(dir: string): unknown {
  const found = packageAt(dir);
  if (found) return found['type'];
  const up = path.dirname(dir);
  return up === dir ? undefined : typeAround(up);
}

function packageAt(dir: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : undefined;
  } catch {
    // None, or one that Node would not read either: then it says nothing about this folder.
    return undefined;
  }
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function simple({ name, script }: Project): string {
  return `module.exports = {\n  apps: [\n    { name: ${quote(name)}, script: ${quote(script)} },\n  ],\n};\n`;
}

function full({ name, script }: Project): string {
  return `// mgr start            starts these apps, or restarts those that run
// mgr start --env production
// All options: mgr start --help, and the table in mgr's README.
module.exports = {
  apps: [
    {
      name: ${quote(name)},
      script: ${quote(script)},
      // args: '--port 3000',
      // instances: 'max',            // one process per core, sharing their ports
      // watch: ['src'],              // restart when a file changes
      // max_memory_restart: '300M',
      // cron_restart: '0 4 * * *',
      // wait_ready: true,            // online only after process.send('ready')
      time: true,                     // a date before each line of the logs
      env: {
        NODE_ENV: 'development',
      },
      env_production: {
        NODE_ENV: 'production',
      },
    },
  ],

  // mgr deploy production setup, then: mgr deploy production
  // deploy: {
  //   production: {
  //     user: 'SSH_USER',
  //     host: 'SSH_HOST',
  //     ref: 'origin/main',
  //     repo: 'GIT_REPOSITORY',
  //     path: '/srv/app',
  //     'post-deploy': 'npm ci && mgr startOrReload ecosystem.config.js --env production',
  //   },
  // },
};
`;
}
