// PM2's guide to modules as its readers follow it, with `mgr/module` where it says `pmx`; and the same library where no manager is.
import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const PACKAGE = `{
  "name": "server-monitoring",
  "version": "1.0.0",
  "description": "my desc",
  "peerDependencies": { "mgr": "*" },
  "config": {
     "days_interval" : 7,
     "max_size" : 5242880
  },
  "apps" : [{
    "merge_logs"         : true,
    "max_memory_restart" : "200M",
    "script"             : "index.js"
  }],
  "author": "Sarkozy",
  "license": "MIT"
}`;
const INDEX = `var mgr     = require('mgr/module');

var conf    = mgr.initModule({

    // Override PID to be monitored
    pid              : mgr.resolvePidPaths(['/var/run/redis.pid']),

    widget : {
      type : 'generic',

      // Logo to be displayed on the top left block (must be https)
      logo  : 'https://image.url',
      theme : ['#9F1414', '#591313', 'white', 'white'],

      // Toggle horizontal blocks above main widget
      el : {
        probes : false,
        actions: false
      },

      block : {
        actions : true,
        cpu     : true,
        mem     : true,
        issues  : true,
        meta    : true,
        meta_block : true,
        main_probes : ['Processes']
      },
    },
}, function(err, conf) {
  console.log(conf);
  require('./business_logic.js')(conf);
});
console.log('ret ' + (conf && conf.max_size));
`;

/** The library the guide itself names, as scripts/real-modules.mjs fetched it. */
const PMX = path.join(ROOT, 'node_modules/.real-modules/node_modules/pmx');

for (const library of ['mgr/module', 'pmx']) {
  test(`the guide, with ${library}: declare, initialize, override, look, edit, uninstall`, { skip: library === 'pmx' && !fs.existsSync(PMX) && 'not fetched: node scripts/real-modules.mjs' }, () => within(async (rig) => {
    const dir = path.dirname(rig.file('m/package.json', PACKAGE));
    rig.file('m/index.js', library === 'pmx' ? INDEX.replaceAll(/\bmgr(?=[. ])/g, 'pmx').replace("'mgr/module'", "'pmx'") : INDEX);
    rig.file('m/business_logic.js', 'module.exports = (conf) => { console.log(`every ${conf.days_interval} ${typeof conf.days_interval}`); setInterval(() => {}, 1e6); };');
    if (library === 'pmx') {
      fs.mkdirSync(path.join(dir, 'node_modules'));
      fs.symlinkSync(PMX, path.join(dir, 'node_modules/pmx'));
    }
    await rig.ok('install', dir);
    const said = (what: string | RegExp): Promise<unknown> => waitFor(String(what), () => { const text = rig.read('logs/server-monitoring-out.log'); return typeof what === 'string' ? text.includes(what) : what.test(text); });
    await said('every 7 number\n');
    await said(library === 'pmx' ? /days_interval: 7,\n? *max_size: 5242880/ : '{ days_interval: 7, max_size: 5242880 }\n');
    // With a callback pmx returns nothing.
    await said(library === 'pmx' ? 'ret undefined\n' : 'ret 5242880\n');
    const options = (await rig.row('server-monitoring')).pm2_env['axm_options'] as { widget: { theme: string[]; block: { main_probes: string[] } }; isModule: boolean };
    assert.deepEqual([options.isModule, options.widget.theme[0], options.widget.block.main_probes], [true, '#9F1414', ['Processes']]);
    assert.match(await rig.ok('set', 'server-monitoring:days_interval', '2'), /restarted/);
    await said('every 2 number\n');
    assert.match(await rig.ok('conf', 'server-monitoring'), /server-monitoring:days_interval 2/);
    // Note 1: "you can also edit this file to change the values". Note 4: "they are always strings".
    const file = path.join(rig.home, 'module_conf.json');
    const conf = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>;
    assert.equal(conf['server-monitoring']?.['days_interval'], '2');
    fs.writeFileSync(file, JSON.stringify({ ...conf, 'server-monitoring': { ...conf['server-monitoring'], days_interval: '3' } }));
    await said('every 3 number\n');
    await rig.ok('uninstall', 'server-monitoring');
    assert.deepEqual(await rig.rows(), []);
  }));
}

/** GitHub, as npm's library asks it for what git told it: behind a proxy, with a certificate of nobody. */
class GitHub {
  readonly #tls: https.Server;
  readonly #proxy: http.Server;
  readonly asked: string[] = [];
  url = '';

  constructor(key: string, cert: string, tarball: Buffer) {
    this.#tls = https.createServer({ key, cert }, (req, res) => { this.asked.push(`${req.headers.host}${req.url}`); res.end(tarball); });
    this.#proxy = http.createServer().on('connect', (_req, socket: net.Socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      this.#tls.emit('connection', socket);
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => { this.#proxy.listen(0, '127.0.0.1', resolve); });
    this.url = `http://127.0.0.1:${(this.#proxy.address() as net.AddressInfo).port}`;
    return this;
  }

  close(): void { this.#proxy.closeAllConnections(); this.#proxy.close(); this.#tls.closeAllConnections(); }
}

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

test('the guide: install via Git (username/repository)', { skip: !HAS_OPENSSL && 'no openssl here' }, () => within(async (rig) => {
  const dir = path.dirname(rig.file('pm2-docker/package.json', '{"name":"pm2-docker","version":"1.0.0","main":"app.js"}'));
  rig.file('pm2-docker/app.js', 'setInterval(() => {}, 1e6);');
  const run = (command: string, ...args: string[]): Buffer => { const r = spawnSync(command, args, { cwd: dir, env: { ...rig.env, GIT_CONFIG_GLOBAL: '/dev/null' } }); assert.equal(r.status, 0, r.stderr.toString()); return r.stdout; };
  run('git', 'init', '-q', '-b', 'main');
  run('git', 'add', '.');
  run('git', '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'one');
  run('git', 'clone', '-q', '--bare', '.', path.join(rig.dir, 'pm2-hive/pm2-docker.git'));
  run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', path.join(rig.dir, 'key.pem'), '-out', path.join(rig.dir, 'cert.pem'), '-days', '2', '-subj', '/CN=codeload.github.com');
  const read = (name: string): string => fs.readFileSync(path.join(rig.dir, name), 'utf8');
  const github = await new GitHub(read('key.pem'), read('cert.pem'), run('git', 'archive', '--format=tar.gz', '--prefix=pm2-docker-x/', 'HEAD')).open();
  try {
    const config = rig.file('gitconfig', `[url "file://${rig.dir}/"]\n\tinsteadOf = https://github.com/\n\tinsteadOf = ssh://git@github.com/\n`);
    const installed = await rig.run(rig.node, [path.join(ROOT, 'bin/mgr.js'), 'install', 'pm2-hive/pm2-docker'], { GIT_CONFIG_GLOBAL: config, npm_config_https_proxy: github.url, npm_config_strict_ssl: 'false', npm_config_registry: 'http://127.0.0.1:9/' });
    assert.equal(installed.code, 0, installed.err);
    assert.match(github.asked.join(' '), /codeload\.github\.com\/pm2-hive\/pm2-docker\/tar\.gz\/[0-9a-f]{40}/);
    assert.equal((await rig.status('pm2-docker', 'online')).pm2_env['version'], '1.0.0');
  } finally {
    github.close();
  }
}));

// Everything it has, called at once.
const ALL = `const m = require(${JSON.stringify(path.join(ROOT, 'dist/module.cjs'))});
m.initModule({ widget: {} }, () => {}).then((c) => { if (c.n !== 3) process.exitCode = 9; });
m.metric('a', () => 1); m.gauge('b').set(1); m.counter('c').inc(); m.meter('d').mark(); m.histogram('e').update(1);
m.action('f', () => 1); m.scopedAction('g', () => 1); m.emit('h'); m.notifyError(new Error('i')); m.ready();
m.onConfig(() => {}); m.onStop(() => {}); m.resolvePidPaths(['/nowhere']);`;

for (const [what, env] of [['alone', {}], ['below a module, whose variables it inherits', { pm_id: '0', pm_exec_path: '/elsewhere/app.js', pmx_module: 'true', name: 'x' }]] as const) {
  test(`without a manager, ${what}: nothing said, nothing sent, nothing kept alive`, () => within(async (rig) => {
    rig.file('package.json', '{"name":"own","config":{"n":3}}');
    // Forked: there is a process.send, to somebody who is no manager.
    const child = fork(rig.file('app.cjs', ALL), { env: { PATH: process.env['PATH'], HOME: rig.dir, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    const heard: unknown[] = [];
    child.on('message', (m) => heard.push(m));
    child.stdout?.on('data', (d: Buffer) => heard.push(d.toString()));
    child.stderr?.on('data', (d: Buffer) => heard.push(d.toString()));
    const code = await new Promise((resolve) => { child.on('close', resolve); });
    assert.deepEqual([code, heard], [0, []]);
  }));
}

test('import and require give one and the same', () => within(async (rig) => {
  const file = rig.file('both.mjs', `import { createRequire } from 'node:module';
import * as es from ${JSON.stringify(path.join(ROOT, 'dist/module.mjs'))};
const cjs = createRequire(import.meta.url)(${JSON.stringify(path.join(ROOT, 'dist/module.cjs'))});
const names = Object.keys(es).filter((n) => n !== 'default').sort();
console.log(es.default === cjs && es.config === cjs.config && names.join() === Object.keys(cjs).sort().join() && names.length);`);
  assert.equal((await rig.run(rig.node, [file])).out, '18\n');
}));
