#!/usr/bin/env node
'use strict';
// Starts the command line, and loads each of our bundles with V8's compiled code kept from earlier, which saves a fifth of the
// time a command takes. Node 22 and later keep it by themselves once asked; Node 20 needs the lines below. Looked for in
// dist/cache (written by the build) and in the home (written by the first run with another Node, or with other V8 options).
// All of it is this one file: each further one would cost every command half a millisecond.
const fs = require('node:fs');
const path = require('node:path');
// `module.constructor` is node:module without what the public module loads besides; only later Nodes need that.
const nodeModule = Number.parseInt(process.versions.node, 10) >= 22 ? require('node:module') : module.constructor;

const dist = path.join(__dirname, '..', 'dist');
const home = process.env.MGR_HOME || path.join(process.env.HOME || '/', '.mgr');
const built = path.join(dist, 'cache');
const own = path.join(home, 'cache');

if (require.main === module) main();
else exports.run = run;

function main() {
  const { argv } = process;
  // `--no-daemon` is no option of a command: it says where the daemon is. What follows `--` belongs to the started program.
  const at = argv.indexOf('--no-daemon', 2);
  const dashes = argv.indexOf('--', 2);
  if (at > 0 && (dashes < 0 || at < dashes)) {
    argv.splice(at, 1);
    argv.splice(2, 0, 'no-daemon');
    require('./foreground.js');
  } else run('cli.cjs');
}

function run(name) {
  if (nodeModule.enableCompileCache) {
    // Nothing is kept before there is a home.
    if (fs.existsSync(home)) nodeModule.enableCompileCache(own);
    require(path.join(dist, name));
  } else load(name);
}

/** require() of a bundle. */
function load(name) {
  const vm = require('node:vm');
  const filename = path.join(dist, name);
  const { size, mtimeMs } = fs.statSync(filename);
  const key = `${name}-${process.version}-${process.arch}-${size}-${Math.floor(mtimeMs)}`;
  const source = nodeModule.wrap(fs.readFileSync(filename, 'utf8'));
  let script;
  for (const dir of [built, own]) {
    const cachedData = read(path.join(dir, key));
    if (cachedData === undefined) continue;
    script = new vm.Script(source, { filename, cachedData });
    if (!script.cachedDataRejected) break;
    script = undefined;
  }
  if (script === undefined) {
    const fresh = script = new vm.Script(source, { filename });
    process.once('exit', () => keep(fresh, name, key));
  }
  const plain = nodeModule.createRequire(filename);
  const loaded = {};
  // A script compiled here cannot import(), which the piece that reads a user's config file has to.
  const ours = (id) => (/^\.\/(?:cli|daemon)-/.test(id) && id !== './cli-script-file.cjs' ? (loaded[id] ??= load(id.slice(2))) : plain(id));
  const module_ = { exports: {} };
  script.runInThisContext().call(module_.exports, module_.exports, Object.assign(ours, plain), module_, filename, dist);
  return module_.exports;
}

function read(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined; // not kept yet
  }
}

// By rename, so that nobody reads half a file. No home yet, no room, no permission: then it is compiled every time.
function keep(script, name, key) {
  if (!fs.existsSync(home)) return;
  const temp = path.join(own, `${key}.${process.pid}`);
  try {
    fs.mkdirSync(own, { recursive: true, mode: 0o700 });
    for (const old of fs.readdirSync(own)) if (old.startsWith(`${name}-`)) fs.rmSync(path.join(own, old), { force: true });
    fs.writeFileSync(temp, script.createCachedData(), { mode: 0o600 });
    fs.renameSync(temp, path.join(own, key));
  } catch {
    try { fs.rmSync(temp, { force: true }); } catch { /* it may not even be looked at: another user's home */ }
  }
}
