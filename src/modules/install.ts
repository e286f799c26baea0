/**
 * Theory of operation. A module is put together in a staging folder that nobody runs: manifest first (a wrong name or a
 * dead registry costs nothing), then the tree, then the look at what it declares. Only `module.activate` in the daemon
 * makes it real, by one rename. Until then, whatever goes wrong, removing the staging folder undoes everything.
 */
import fs from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { homeAt } from '../base/paths.js';
import { permissionsText } from '../config/permissions.js';
import { hostSign } from '../base/host-package.js';
import { linkSdk, wantsSdk } from '../base/sdk-link.js';
import { declaredSpecs } from './apps.js';
import { installTree, treeBuilder } from './deps.js';
import { readEntry } from './entry.js';
import { checkSettings } from './settings-check.js';
import { fetchFailure, fetchManifest, fetchOptions, type Manifest } from './fetch.js';
import { checkName, moduleDir } from '../base/module-name.js';
import { readNpmConfig } from './npmrc.js';
import type { InstallRequest, Prepared, Report } from './report.js';
import { parseSpec, type ModuleSpec } from './spec.js';
import { lockModule, openStaging } from './staging.js';

/** What must be closed, in every case: it frees the module's lock and removes what was staged and not taken. */
export interface Installation {
  readonly prepared: Prepared;
  close(): Promise<void>;
}

/**
 * Prepares a module up to, not including, `module.activate`. Throws MODULE_*, INSTALL_BUSY, BAD_USAGE, BAD_OPTION; then nothing is left.
 * `root`: folder of our own package, for modules that use `mgr/module`.
 */
export async function install(request: InstallRequest, report: Report, pid: number, root?: string): Promise<Installation> {
  const spec = parseSpec(request.spec, request);
  const modules = homeAt(request.home, request.env).modules;
  report({ type: 'progress', step: 'manifest', text: spec.raw });
  const options = fetchOptions(readNpmConfig(request), { ignoreScripts: !request.allowScripts, Arborist: treeBuilder });
  const manifest = spec.kind === 'folder' ? await folderManifest(spec) : await fetchManifest(spec, options);
  const name = checkName(manifest.name);
  await fs.mkdir(modules, { recursive: true, mode: 0o700 });
  const lock = await lockModule(modules, name, pid);
  let staged: string | undefined;
  const close = async (): Promise<void> => {
    if (staged !== undefined) await fs.rm(staged, { recursive: true, force: true });
    await lock.release();
  };
  try {
    staged = await fs.realpath(await openStaging(modules, pid));
    report({ type: 'progress', step: 'dependencies', text: `${name} ${manifest.version}` });
    const prepared = await fill(spec, manifest, staged, { request, options, report, root, final: moduleDir(await fs.realpath(modules), name) });
    return { prepared, close };
  } catch (e) {
    await close();
    throw e;
  }
}

interface Job {
  readonly request: InstallRequest;
  readonly options: ReturnType<typeof fetchOptions>;
  readonly report: Report;
  readonly root: string | undefined;
  /** `<modules>/<name>` */
  readonly final: string;
}

async function fill(spec: ModuleSpec, manifest: Manifest, staged: string, job: Job): Promise<Prepared> {
  const { request, report, final } = job;
  const linked = spec.kind === 'folder';
  const tree = linked ? await linkFolder(spec, manifest, staged) : await addTree(spec, manifest, staged, job);
  report({ type: 'progress', step: 'check', text: `${manifest.name} ${manifest.version}` });
  // A linked module is run where it lies: its own node_modules and what is edited there are what counts.
  const dir = linked && spec.path !== undefined ? spec.path : path.join(staged, 'node_modules', ...manifest.name.split('/'));
  const pkg = await readPackage(spec, dir);
  await checkSettings(pkg, { spec: spec.raw, name: manifest.name });
  const entry = readEntry(pkg, { spec: spec.raw, name: manifest.name, dir, isFile: (relative) => isFile(path.resolve(dir, relative)) });
  if (job.root !== undefined && wantsSdk(pkg)) offerSdk(linked ? dir : staged, job.root, report);
  const skipped = request.allowScripts ? [] : tree.withScripts;
  if (linked) for (const missing of missingDependencies(dir, entry.dependencies)) report({ type: 'warning', text: `dependency ${missing} is not installed: run npm install in ${dir}` });
  const { specs, warnings } = declaredSpecs(entry.declared, { module: manifest.name, version: entry.version, linked, moveFrom: staged, moveTo: final, request, dir: linked ? dir : path.join(final, path.relative(staged, dir)), permissions: entry.permissions });
  const sign = hostSign(manifest.name, { ...pkg }, sourceOf(dir, entry.declared[0]?.['script']));
  // Said before it is started: without a host it will hardly come up.
  if (sign !== undefined) report({ type: 'warning', text: `${manifest.name} is made for a module host (${sign}); here it gets a process of its own, without process.server\n  → in the folder of a host: npm install ${spec.path ?? spec.raw}, then mgr host start .` });
  for (const text of warnings) report({ type: 'warning', text });
  const integrity = tree.integrity ?? manifest.integrity;
  return {
    module: {
      name: manifest.name, version: entry.version, source: spec.path ?? spec.raw, ...(integrity === undefined ? {} : { integrity }), resolved: manifest.resolved,
      linked, dir: final, by: request.username, ...(request.allowScripts && { scripts: true }), ...(entry.permissions && { permissions: permissionsText(entry.permissions) }),
    },
    staged,
    apps: specs,
    defaults: entry.defaults,
    packages: tree.packages,
    scriptsSkipped: skipped,
    ...(entry.permissions !== undefined && { permissions: entry.permissions }),
  };
}

/** The module may have another way to it: that it could not be given ours is not the end. */
function offerSdk(dir: string, root: string, report: Report): void {
  try {
    linkSdk(dir, root);
  } catch (e) {
    report({ type: 'warning', text: `cannot put a link to mgr/module into ${dir}/node_modules: ${reasonOf(e)}` });
  }
}

async function addTree(spec: ModuleSpec, manifest: Manifest, staged: string, { request, options }: Job): ReturnType<typeof installTree> {
  // Exactly what the manifest said, even if `latest` or the branch moves meanwhile.
  const exact = spec.kind === 'registry' ? manifest.version : spec.kind === 'git' ? manifest.resolved : spec.fetch;
  try {
    return await installTree(staged, manifest.name, `${manifest.name}@${exact}`, options, request.allowScripts);
  } catch (e) {
    throw fetchFailure(spec, e);
  }
}

async function linkFolder(spec: ModuleSpec, manifest: Manifest, staged: string): ReturnType<typeof installTree> {
  const link = path.join(staged, 'node_modules', ...manifest.name.split('/'));
  await fs.mkdir(path.dirname(link), { recursive: true });
  await fs.symlink(spec.path ?? '', link, 'dir');
  await fs.writeFile(path.join(staged, 'package.json'), JSON.stringify({ private: true, dependencies: { [manifest.name]: spec.fetch } }) + '\n');
  return { packages: 1, withScripts: [] };
}

async function folderManifest(spec: ModuleSpec): Promise<Manifest> {
  const dir = spec.path ?? '';
  const pkg = await readPackage(spec, dir);
  if (typeof pkg.name !== 'string' || pkg.name === '') throw new MgrError('MODULE_BAD', { spec: spec.raw, reason: 'its package.json has no name' });
  return { name: pkg.name, version: typeof pkg.version === 'string' ? pkg.version : '0.0.0', resolved: dir };
}

/** package.json of a folder, whatever it holds. Throws MODULE_FETCH, MODULE_BAD. */
export async function readPackage(spec: Pick<ModuleSpec, 'raw'>, dir: string): Promise<{ readonly name?: unknown; readonly version?: unknown }> {
  const bad = (reason: string, e: unknown): MgrError => new MgrError('MODULE_BAD', { spec: spec.raw, reason }, e);
  let text: string;
  try {
    text = await fs.readFile(path.join(dir, 'package.json'), 'utf8');
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') throw isFolder(dir) ? bad(`there is no package.json in ${dir}`, e) : new MgrError('MODULE_FETCH', { spec: spec.raw, reason: `${dir} is not a folder` }, e);
    throw bad(reasonOf(e), e);
  }
  try {
    const parsed: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch (e) {
    throw bad(`its package.json is not JSON: ${reasonOf(e)}`, e);
  }
}

// As Node looks for them: in node_modules of the folder and of each one above.
function missingDependencies(dir: string, names: readonly string[]): string[] {
  const above = dir.split(path.sep).map((_, i, parts) => parts.slice(0, parts.length - i).join(path.sep) || path.sep);
  return names.filter((name) => !above.some((folder) => isFolder(path.join(folder, 'node_modules', name))));
}

function sourceOf(dir: string, script: unknown): string | undefined {
  const file = typeof script === 'string' ? path.resolve(dir, script) : dir;
  return isFile(file) && statSync(file).size < 1_000_000 ? readFileSync(file, 'utf8') : undefined;
}

const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
