import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { MgrError, errno, reasonOf } from '../../base/errors.js';
import { checkName } from '../../base/module-name.js';
import { linkSdk } from '../../base/sdk-link.js';
import { VERSION } from '../../base/version.js';
import { projectFiles } from '../generate/project.js';
import { isOn } from '../values.js';
import type { Command } from '../world.js';

/** Writes a module that runs into a folder of its name. Nothing is fetched; nothing that is there is written over. */
export const generate: Command = {
  args: '[name]',
  options: [
    { flags: '--ts', summary: 'in TypeScript, with what it compiles to beside it' },
    { flags: '--container', summary: 'a container of classes (mgr/container), with schema and injection' },
  ],
  run(cli, { args: [name], options }) {
    if (name === undefined) throw new MgrError('BAD_USAGE', { reason: 'module:generate: got nothing, wanted the name of the module', fix: 'mgr module:generate my-module' });
    checkNew(name);
    const dir = path.join(cli.world.cwd(), name.split('/').at(-1) ?? name);
    const { dist } = cli.world.machine();
    write(dir, projectFiles({ name, ts: isOn(options, 'ts'), contained: isOn(options, 'container'), version: VERSION }));
    try {
      linkSdk(dir, path.dirname(dist));
    } catch (e) {
      // The manager does it too, when it starts the module.
      cli.out.notice(`mgr: \`node\` and \`npm test\` do not find mgr/module there yet: ${reasonOf(e)}`);
    }
    cli.out.done(`generated ${name} in ${dir}`);
    cli.out.notice(`mgr: next: cd ${path.relative(cli.world.cwd(), dir)}, then mgr install .`);
    return Promise.resolve(0);
  },
};

/** A name npm takes for a new package, and that is not one of ours. */
function checkNew(name: string): void {
  checkName(name);
  const bad = (reason: string): never => { throw new MgrError('MODULE_NAME', { name, reason }); };
  if (name !== name.toLowerCase()) bad('npm takes no capital letters in new names');
  if (['all', 'mgr', 'pm2'].includes(name) || /^\d+$/.test(name)) bad('on the command line it would mean something else');
}

/** All of it or nothing: put together beside its place, then moved there. An empty folder may be in the place. */
function write(dir: string, files: Readonly<Record<string, string>>): void {
  const staged = path.join(path.dirname(dir), `.${path.basename(dir)}-${randomBytes(4).toString('hex')}`);
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(staged, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    fs.renameSync(staged, dir);
  } catch (e) {
    fs.rmSync(staged, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errno(e) ?? '')) throw new MgrError('BAD_USAGE', { reason: `module:generate: ${dir} is there already; nothing was changed`, fix: 'choose another name, or go to another folder' }, e);
    throw new MgrError('BAD_FILE', { file: dir, reason: reasonOf(e), fix: 'wanted: a folder that may be written to' }, e);
  }
}
