// Bundles the programs into dist/ (esbuild) and writes the type declarations (tsc).
// Two programs start in the time Node starts, so each is one CommonJS file; what is rare stays outside as a lazy import.
import { build } from 'esbuild';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { buildPages, noticesOf as notices } from './pages.mjs';

const root = path.dirname(path.dirname(new URL(import.meta.url).pathname));
const at = (...p) => path.join(root, ...p);
const version = JSON.parse(fs.readFileSync(at('package.json'), 'utf8')).version;

// axon's framing package predates Buffer.from: `new Buffer` prints a deprecation warning outside node_modules.
// `debug` is only used for tracing there; bundling it would cost start-up time for nothing.
const oldPackages = {
  name: 'old-packages',
  setup(b) {
    b.onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'silent' }));
    b.onLoad({ filter: /.*/, namespace: 'silent' }, () => ({ contents: 'module.exports = () => () => {};' }));
    // commander loads it for commands that are programs of their own, which we have none of.
    b.onLoad({ filter: /node_modules\/commander\/lib\/command\.js$/ }, (a) => ({
      contents: fs.readFileSync(a.path, 'utf8').replace("const childProcess = require('node:child_process');", "const childProcess = { spawn: (...args) => require('node:child_process').spawn(...args) };"),
    }));
    // Of its eight kinds of sockets a command uses one.
    b.onLoad({ filter: /node_modules\/axon\/lib\/index\.js$/ }, () => ({
      contents: "const kinds = { req: () => require('./sockets/req'), rep: () => require('./sockets/rep'), pub: () => require('./sockets/pub'), sub: () => require('./sockets/sub') };\nexports.socket = (kind) => new (kinds[kind]())();",
    }));
    b.onLoad({ filter: /node_modules\/(amp|amp-message|axon)\/.*\.js$/ }, (a) => ({
      contents: fs.readFileSync(a.path, 'utf8').replace(/new Buffer\((\d+|len)\)/g, 'Buffer.alloc($1)').replace(/new Buffer\(/g, 'Buffer.from('),
    }));
  },
};

// Of its library `mgr monit` uses keys, modes and sizes; pictures, documents and menus stay outside. The library loads its parts
// with a require() it was handed, which no bundler sees: the two parts that are used are named here.
const terminalKit = {
  name: 'terminal-kit',
  setup(b) {
    b.onLoad({ filter: /terminal-kit\/lib\/termkit\.js$/ }, (a) => ({
      contents: fs.readFileSync(a.path, 'utf8')
        .replace(/lazy\.requireProperties\([^)]*\)/, "lazy.properties(termkit, { Palette: () => require('./Palette.js'), chroma: () => require('chroma-js') }, true)")
        .replace("lazy.requireProperty( termkit , 'tty' , './tty.js' )", "lazy.properties(termkit, { tty: () => require('./tty.js') }, true)"),
    }));
    b.onResolve({ filter: /^(?:@cronvel\/get-pixels|setimmediate|\.\/(?:termkit-no-lazy-require|yesOrNo|inputField|fileInput|singleLineMenu|singleColumnMenu|gridMenu|progressBar|bar|slowTyping|extClipboard)\.js)$/ },
      (a) => (/terminal-kit|seventh/.test(a.importer) ? { path: a.path, namespace: 'left-out' } : undefined));
    b.onLoad({ filter: /string-kit\/lib\/json-data\/emoji-.*\.json$/ }, () => ({ contents: '{}', loader: 'json' }));
    b.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
    // Found by the pattern of a require(), and no program.
    b.onLoad({ filter: /terminal-kit\/lib\/termconfig\/README$/ }, () => ({ contents: '' }));
  },
};

// The command line's first file holds what `list` needs; what it loads with import() becomes a file of its own, so that
// Node does not have to compile the whole program for every command. require() of a file is cheaper than import().
const HOT = new Set(['list.ts', 'ping.ts']);
const splitter = (prefix) => {
  const chunks = new Set();
  const plugin = {
    name: `split-${prefix}`,
    setup(b) {
      b.onResolve({ filter: /^\.\.?\// }, (a) => {
        if (a.kind !== 'dynamic-import') return undefined;
        const file = path.resolve(a.resolveDir, a.path.replace(/\.js$/, '.ts'));
        if (HOT.has(path.basename(file))) return undefined;
        chunks.add(file);
        return { path: `./${prefix}-${path.basename(file, '.ts')}.cjs`, external: true };
      });
    },
  };
  return { prefix, chunks, plugin };
};
const cli = splitter('cli');
const daemon = splitter('daemon');

// Another program that has our commands in it does not take the screen of `mgr monit` in, but the file it is in.
const monitOutside = {
  name: 'monit-outside',
  setup(b) { b.onResolve({ filter: /\/monit\/(?:monitor|terminal)\.js$/ }, (a) => (a.kind === 'dynamic-import' ? { path: `./cli-${path.basename(a.path, '.js')}.cjs`, external: true } : undefined)); },
};

// Nor does anybody read what there is to say of errors who has none to tell of, or how to write dates who has them as they are:
// functions of such a file load it when they are called.
const LATER = [{ file: 'base/error-table', to: 'errors.cjs', names: ['rowOf'] }, { file: 'logs/formatted', to: 'dates.cjs', names: ['inFormat', 'readInFormat'] }];
const later = {
  name: 'later',
  setup(b) {
    for (const { file, to, names } of LATER) {
      const contents = ['let file;', ...names.map((name) => `export const ${name} = (...args) => (file ??= require('./${to}')).${name}(...args);`)].join('\n');
      b.onLoad({ filter: new RegExp(`/src/${file}\\.ts$`) }, () => ({ contents, loader: 'js' }));
      b.onResolve({ filter: new RegExp(`^\\./${to}$`) }, () => ({ path: `./${to}`, external: true }));
    }
  },
};

const common = {
  bundle: true, platform: 'node', target: 'node20', format: 'cjs', sourcemap: 'linked', sourcesContent: false,
  legalComments: 'eof', logLevel: 'warning', absWorkingDir: root, plugins: [oldPackages],
  // A package that may be missing is required by a file of ours: in CommonJS that has another name.
  define: { MGR_VERSION: JSON.stringify(version), 'import.meta.filename': '__filename' },
  external: ['chokidar', 'croner', 'libsql', 'pacote', '@npmcli/arborist', 'yaml', 'json5'],
  minify: true,
};

fs.rmSync(at('dist'), { recursive: true, force: true });
const entry = async (from, to, extra = {}) => { if (fs.existsSync(at(from))) await build({ ...common, entryPoints: [at(from)], outfile: at('dist', to), ...extra }); };
await Promise.all([
  buildPages(at('dist/web')),
  entry('src/cli/main.ts', 'cli.cjs', { plugins: [cli.plugin, later, oldPackages], supported: { 'dynamic-import': false } }),
  entry('src/daemon/main.ts', 'daemon.cjs', { plugins: [daemon.plugin, later, oldPackages], supported: { 'dynamic-import': false } }),
  ...LATER.map(({ file, to }) => entry(`src/${file}.ts`, to)),
  entry('src/modules/main.ts', 'installer.cjs'),
  entry('src/serve/main.ts', 'serve.cjs'),
  entry('src/host/main.ts', 'host.cjs', { minify: false }), // its lines stand in the stack traces of others
  entry('src/host/hooks.ts', 'host-hooks.cjs', { banner: { js: notices('sucrase', 'lines-and-columns', 'ts-interface-checker', '@jridgewell/gen-mapping', '@jridgewell/trace-mapping', '@jridgewell/sourcemap-codec', '@jridgewell/resolve-uri') } }),
  entry('src/host/host.ts', 'host-module.cjs', { minify: false }),
  entry('src/web/main.ts', 'web.cjs'),
  entry('src/jobs/jobs.ts', 'jobs.cjs', { minify: false }),
  entry('src/foreground/main.ts', 'foreground.cjs', { plugins: [monitOutside, oldPackages] }),
  entry('src/child/preload.ts', 'preload.cjs', { sourcemap: false }),
  entry('src/child/primary.ts', 'primary.cjs', { sourcemap: false }),
  entry('src/index.ts', 'index.cjs', { minify: false }), // its lines stand in the stack traces of others
  entry('src/sdk/module.ts', 'module.cjs', { minify: false }),
  entry('src/container/container.ts', 'container.cjs', { minify: false }),
]);
// Config files written in JavaScript are loaded with a real import(), so the piece that reads them keeps it.
const LOADS_CONFIG = new Set(['script-file.ts']);
// A piece may ask for further pieces (logs -> search).
for (const { prefix, chunks, plugin } of [cli, daemon]) {
  const built = new Set();
  for (let next = [...chunks]; next.length > 0; next = [...chunks].filter((file) => !built.has(file))) {
    for (const file of next) built.add(file);
    await Promise.all(next.map((file) => entry(path.relative(root, file), `${prefix}-${path.basename(file, '.ts')}.cjs`, {
      plugins: [plugin, later, oldPackages, terminalKit], supported: { 'dynamic-import': LOADS_CONFIG.has(path.basename(file)) },
      ...(path.basename(file) === 'terminal.ts' && { sourcemap: false, banner: { js: notices('terminal-kit', 'string-kit', 'tree-kit', 'seventh', 'nextgen-events', 'lazyness', 'chroma-js') } }),
    })));
  }
}
for (const [from, to] of [['index.mjs', 'index.mjs'], ['sdk/module.mjs', 'module.mjs'], ['container/container.mjs', 'container.mjs'], ['jobs/jobs.mjs', 'jobs.mjs'], ['host/host.mjs', 'host-module.mjs']]) fs.copyFileSync(at('src', from), at('dist', to));
keepCompiled();

if (!process.argv.includes('--fast') && fs.existsSync(at('src/index.ts'))) {
  const types = spawnSync(process.execPath, [at('scripts/types.mjs')], { stdio: 'inherit' });
  if (types.status !== 0) process.exit(types.status ?? 1);
}

// Lets the command line and the daemon run once and keeps what V8 compiled, so that the first command on this machine is
// as quick as the second (bin/mgr.js tells the rest). Nothing depends on it.
function keepCompiled() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-b-'));
  const env = { ...process.env, HOME: home, MGR_HOME: path.join(home, 'h') };
  const run = (...args) => spawnSync(process.execPath, [at('bin/mgr.js'), ...args], { env, timeout: 30_000 }).status === 0;
  try {
    const script = path.join(home, 'x.sh');
    fs.writeFileSync(script, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    run('list');
    for (const args of [['list'], ['start', script], ['jlist'], ['logs', '--nostream'], ['describe', 'x'], ['restart', 'x'], ['stop', 'x'], ['kill']]) run(...args);
    // The daemon writes its own as it ends, a moment after its answer.
    for (const end = Date.now() + 3000; Date.now() < end && !fs.readdirSync(path.join(home, 'h/cache')).some((f) => f.startsWith('daemon.cjs-'));) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    fs.mkdirSync(at('dist/cache'), { recursive: true });
    for (const f of fs.readdirSync(path.join(home, 'h/cache'))) {
      if (/\.\d+$/.test(f)) continue;
      fs.copyFileSync(path.join(home, 'h/cache', f), at('dist/cache', f));
      fs.chmodSync(at('dist/cache', f), 0o644); // the home's own are its user's alone
    }
  } catch (e) {
    console.error(`no compiled code is kept: ${e.message}`);
  } finally {
    run('kill');
    fs.rmSync(home, { recursive: true, force: true });
  }
}
