import fs from 'node:fs/promises';
import path from 'node:path';
import { MgrError, reasonOf } from '../base/errors.js';
import { checkName } from '../base/module-name.js';
import { treeBuilder } from './deps.js';
import { readEntry } from './entry.js';
import { fetchOptions, packFolder } from './fetch.js';
import { readPackage } from './install.js';
import { leaksIn, tarName } from './leaks.js';
import { checkSettings } from './settings-check.js';
import { runScript } from './lifecycle.js';
import { readNpmConfig } from './npmrc.js';
import type { Jobs, Packed, Report, Surroundings } from './report.js';
import { readTarball } from './tar.js';

/**
 * The tarball of a module: its scripts that npm runs before packing, the files npm takes, and a look at what went in: does it
 * hold what it declares to run, and what should not go. Throws MODULE_BAD, MODULE_NAME, SCRIPT_FAILED; then there is no file.
 */
export async function pack({ dir, to, publish }: Jobs['pack']['ask'], at: Surroundings, report: Report): Promise<Packed> {
  const found = await readPackage({ raw: dir }, dir);
  const { name, version } = named(found, dir);
  await checkSettings(found, { spec: dir, name });
  const scripts: unknown = 'scripts' in found ? found.scripts : undefined;
  const pkg = { name, version, scripts: typeof scripts === 'object' && scripts !== null ? { ...scripts } : {} };
  const run = (event: string): Promise<void> => runScript(dir, pkg, event, at.env, report);
  if (publish === true) await run('prepublishOnly');
  await run('prepack');
  await run('prepare');
  let packed: Awaited<ReturnType<typeof packFolder>>;
  try {
    packed = await packFolder(dir, fetchOptions(readNpmConfig({ ...at, cwd: dir }), { Arborist: treeBuilder }));
  } catch (e) {
    throw new MgrError('MODULE_BAD', { spec: dir, reason: `it cannot be packed: ${reasonOf(e)}` }, e);
  } finally {
    await run('postpack');
  }
  const files = readTarball(packed.data);
  const inside = new Set(files.map((f) => f.path));
  try {
    readEntry(found, { spec: dir, name, dir, isFile: (relative) => inside.has(path.posix.normalize(relative)) });
  } catch (e) {
    throw await leftOut(e, dir, found, name);
  }
  const file = path.join(to, `${tarName(name)}-${version}.tgz`);
  await fs.mkdir(to, { recursive: true });
  await fs.writeFile(`${file}.${process.pid}.tmp`, packed.data);
  await fs.rename(`${file}.${process.pid}.tmp`, file);
  return {
    file, name, version, integrity: packed.integrity, bytes: packed.data.length,
    files: files.map(({ path: at, bytes }) => ({ path: at, bytes })).sort((a, b) => (a.path < b.path ? -1 : 1)),
    leaks: leaksIn(files, name),
  };
}

function named(found: { readonly name?: unknown; readonly version?: unknown }, dir: string): { name: string; version: string } {
  const bad = (reason: string, hint: string): MgrError => new MgrError('MODULE_BAD', { spec: dir, reason, hint });
  const { name, version } = found;
  if (typeof name !== 'string' || name === '') throw bad('its package.json has no name', 'e.g. "name": "my-module"');
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/.test(version)) throw bad(`its package.json has ${version === undefined ? 'no version' : `the version ${JSON.stringify(version)}`}`, 'wanted: three numbers, e.g. "version": "1.0.0"');
  return { name: checkName(name), version };
}

// It may be there, and only not be among the files that go.
async function leftOut(e: unknown, dir: string, pkg: unknown, name: string): Promise<unknown> {
  const on = new Set(await fs.readdir(dir, { recursive: true }).catch(() => []));
  try {
    readEntry(pkg, { spec: dir, name, dir, isFile: (relative) => on.has(path.normalize(relative)) });
  } catch {
    return e; // not there either: the first reason was the right one
  }
  return new MgrError('MODULE_BAD', { spec: dir, reason: 'the file it runs is not among those that go', hint: '`files` in package.json, .npmignore and .gitignore say which go' });
}
