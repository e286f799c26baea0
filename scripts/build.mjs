// Bundles the programs into dist/ (esbuild) and writes the type declarations (tsc).
// Two programs start in the time Node starts, so each is one CommonJS file; what is rare stays outside as a lazy import.
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

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
    b.onLoad({ filter: /node_modules\/(amp|amp-message|axon)\/.*\.js$/ }, (a) => ({
      contents: fs.readFileSync(a.path, 'utf8').replace(/new Buffer\((\d+|len)\)/g, 'Buffer.alloc($1)').replace(/new Buffer\(/g, 'Buffer.from('),
    }));
  },
};

const common = {
  bundle: true, platform: 'node', target: 'node20', format: 'cjs', sourcemap: 'linked', sourcesContent: false,
  legalComments: 'eof', logLevel: 'warning', absWorkingDir: root, plugins: [oldPackages],
  define: { MGR_VERSION: JSON.stringify(version) },
  external: ['chokidar', 'pacote', '@npmcli/arborist', 'yaml', 'json5'],
  minifySyntax: true, minifyWhitespace: true, keepNames: false,
};

fs.rmSync(at('dist'), { recursive: true, force: true });
const entry = (from, to, extra = {}) => fs.existsSync(at(from)) ? build({ ...common, entryPoints: [at(from)], outfile: at('dist', to), ...extra }) : undefined;
await Promise.all([
  entry('src/cli/main.ts', 'cli.cjs'),
  entry('src/daemon/main.ts', 'daemon.cjs'),
  entry('src/modules/main.ts', 'installer.cjs'),
  entry('src/child/preload.ts', 'preload.cjs', { sourcemap: false }),
  entry('src/index.ts', 'index.cjs'),
]);
for (const f of ['src/daemon/guardian.sh', 'src/index.mjs']) if (fs.existsSync(at(f))) fs.copyFileSync(at(f), at('dist', path.basename(f)));

if (!process.argv.includes('--fast') && fs.existsSync(at('src/index.ts'))) {
  const tsc = spawnSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.json'), '--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--rootDir', at('src'), '--outDir', at('dist/types')], { stdio: 'inherit', cwd: root });
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
}
