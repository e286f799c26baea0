#!/usr/bin/env node
'use strict';
// Starts dist/cli.cjs with V8's compiled code kept in the home, which saves a fifth of the time a command takes.
// Node 22 and later keep it by themselves once asked; Node 20 needs the few lines below.
const fs = require('node:fs');
const path = require('node:path');
const nodeModule = require('node:module');

const dist = path.join(__dirname, '..', 'dist');
const home = process.env.MGR_HOME || path.join(process.env.HOME || '/', '.mgr');
const cache = path.join(home, 'cache');

if (!fs.existsSync(home)) require(path.join(dist, 'cli.cjs')); // the first command of all: nothing is kept before there is a home
else if (nodeModule.enableCompileCache) {
  nodeModule.enableCompileCache(cache);
  require(path.join(dist, 'cli.cjs'));
} else load('cli.cjs');

/** require() of one of our own bundles, compiled from what is kept. */
function load(name) {
  const vm = require('node:vm');
  const filename = path.join(dist, name);
  const { size, mtimeMs } = fs.statSync(filename);
  const kept = path.join(cache, `${name}-${process.version}-${process.arch}-${size}-${Math.floor(mtimeMs)}`);
  let cachedData;
  try {
    cachedData = fs.readFileSync(kept);
  } catch {
    // the first time with this Node and this version
  }
  const script = new vm.Script(nodeModule.wrap(fs.readFileSync(filename, 'utf8')), { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) process.once('exit', () => keep(script, name, kept));
  const plain = nodeModule.createRequire(filename);
  const loaded = {};
  // A script compiled here cannot import(), which the piece that reads a user's config file has to.
  const ours = (id) => (id.startsWith('./cli-') && id !== './cli-script-file.cjs' ? (loaded[id] ??= load(id.slice(2))) : plain(id));
  const module_ = { exports: {} };
  script.runInThisContext().call(module_.exports, module_.exports, Object.assign(ours, plain), module_, filename, dist);
  return module_.exports;
}

// By rename, so that nobody reads half a file. No room or no permission: then it is compiled every time.
function keep(script, name, file) {
  const temp = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
    for (const old of fs.readdirSync(cache)) if (old.startsWith(`${name}-`)) fs.rmSync(path.join(cache, old), { force: true });
    fs.writeFileSync(temp, script.createCachedData(), { mode: 0o600 });
    fs.renameSync(temp, file);
  } catch {
    fs.rmSync(temp, { force: true });
  }
}
