// The file server over real HTTP on the loopback address.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileHandler } from '../../src/serve/handler.js';
import type { ServeOptions } from '../../src/serve/options.js';

interface Reply { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: string }
type Ask = (target: string, headers?: http.OutgoingHttpHeaders, method?: string) => Promise<Reply>;

const BIG = 3_000_000;

async function served(over: Partial<ServeOptions>, body: (ask: Ask, dir: string, said: string[], port: number) => Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-s-'));
  const root = path.join(fs.realpathSync(dir), 'root');
  fs.mkdirSync(path.join(root, 'sub'), { recursive: true });
  fs.mkdirSync(path.join(root, 'list'));
  fs.mkdirSync(path.join(root, '.git'));
  fs.mkdirSync(path.join(root, '.well-known'));
  for (const [name, text] of Object.entries({
    'index.html': 'home', 'a.txt': '0123456789', 'empty.txt': '', 'big.bin': 'x'.repeat(BIG), 'sub/index.html': 'sub home', '.env': 'SECRET', '.git/config': 'SECRET', '.well-known/x': 'known',
    'list/<b>.txt': 'odd', 'list/javascript:x': 'odd', '../secret.txt': 'SECRET', 'list/.hidden': 'SECRET',
  })) fs.writeFileSync(path.join(root, name), text);
  fs.symlinkSync('../secret.txt', path.join(root, 'out.txt'));
  fs.symlinkSync('/etc', path.join(root, 'etc'));
  fs.symlinkSync('a.txt', path.join(root, 'in.txt'));
  fs.symlinkSync('.env', path.join(root, 'env.txt'));
  fs.symlinkSync('../../secret.txt', path.join(root, 'list/out.txt'));
  execFileSync('mkfifo', [path.join(root, 'pipe')]);
  const said: string[] = [];
  const server = http.createServer(fileHandler({ root, port: 0, host: '127.0.0.1', spa: false, listing: false, cors: false, home: 'index.html', ...over }, (t) => said.push(t)));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as net.AddressInfo;
  const ask: Ask = (target, headers = {}, method = 'GET') => new Promise((resolve, reject) => {
    http.request({ port, host: '127.0.0.1', path: target, headers, method, agent: false }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (d: Buffer) => parts.push(d)).on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts).toString() })).on('error', reject);
    }).on('error', reject).end();
  });
  try {
    await body(ask, root, said, port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

test('files, indexes, types, redirects, HEAD and what is not there', () => served({}, async (ask) => {
  const home = await ask('/');
  assert.deepEqual([home.status, home.body, home.headers['content-type'], home.headers['x-content-type-options'], home.headers['access-control-allow-origin']], [200, 'home', 'text/html; charset=utf-8', 'nosniff', undefined]);
  assert.equal((await ask('/sub/')).body, 'sub home');
  const moved = await ask('/sub?a=1');
  assert.deepEqual([moved.status, moved.headers.location], [301, './sub/?a=1']);
  const double = await ask('//sub');
  assert.deepEqual([double.status, double.headers.location], [301, './sub/'], 'never to another host');
  const head = await ask('/a.txt', {}, 'HEAD');
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '10', '']);
  assert.deepEqual((await ask('/empty.txt')).body, '');
  assert.equal((await ask('/in.txt')).body, '0123456789', 'a link that stays inside');
  assert.equal((await ask('/.well-known/x')).body, 'known');
  for (const target of ['/nope', '/a.txt/', '/a.txt/b', '/list/', '/pipe', `/${'x'.repeat(300)}`]) assert.equal((await ask(target)).status, 404, target);
  const post = await ask('/', {}, 'POST');
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
  assert.equal((await ask('/big.bin')).body.length, BIG);
}));

test('ranges and validators', () => served({}, async (ask, root) => {
  const part = await ask('/a.txt', { Range: 'bytes=2-4' });
  assert.deepEqual([part.status, part.body, part.headers['content-range'], part.headers['content-length']], [206, '234', 'bytes 2-4/10', '3']);
  assert.equal((await ask('/a.txt', { Range: 'bytes=-3' })).body, '789');
  const beyond = await ask('/a.txt', { Range: 'bytes=50-' });
  assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */10']);
  const whole = await ask('/a.txt');
  const { etag = '', 'last-modified': modified = '' } = whole.headers;
  const same = await ask('/a.txt', { 'If-None-Match': etag });
  assert.deepEqual([same.status, same.body], [304, '']);
  assert.equal((await ask('/a.txt', { 'If-Modified-Since': modified })).status, 304);
  assert.equal((await ask('/a.txt', { 'If-None-Match': '"other"' })).status, 200);
  fs.writeFileSync(path.join(root, 'a.txt'), 'changed and longer');
  const stale = await ask('/a.txt', { 'If-None-Match': etag, Range: 'bytes=0-1', 'If-Range': etag });
  assert.deepEqual([stale.status, stale.body], [200, 'changed and longer']);
}));

test('nothing outside the folder, nothing that begins with a dot', () => served({ listing: true }, async (ask, _root, said) => {
  for (const target of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/sub/../../secret.txt', '/sub/%2e%2e/%2e%2e/secret.txt', '/.env', '/%2eenv', '/.git/config', '/.git/', '/out.txt', '/list/out.txt', '/etc/passwd', '/etc/', '/etc', '/env.txt', '/a.txt%00.html', '/..\\secret.txt']) {
    const r = await ask(target);
    assert.ok([400, 404].includes(r.status), `${target}: ${r.status}`);
    assert.doesNotMatch(r.body, /SECRET|root:/, target);
  }
  assert.deepEqual(said, []);
}));

test('a listing is escaped and shows only what is served', () => served({ listing: true }, async (ask) => {
  const { status, body } = await ask('/list/');
  assert.equal(status, 200);
  assert.ok(body.includes('href="./%3Cb%3E.txt"') && body.includes('&#60;b&#62;.txt') && body.includes('href="./javascript%3Ax"'), body);
  assert.doesNotMatch(body, /<b>|hidden|out\.txt/);
  const [, href = ''] = /href="\.\/(%3Cb%3E\.txt)"/.exec(body) ?? [];
  assert.equal((await ask(`/list/${href}`)).body, 'odd');
  assert.equal((await ask('/')).body, 'home', 'an index goes first');
}));

test('single-page app: pages become the home page, missing files do not', () => served({ spa: true }, async (ask) => {
  const page = await ask('/users/7');
  assert.deepEqual([page.status, page.body], [200, 'home']);
  assert.equal((await ask('/john.doe', { Accept: 'text/html,*/*' })).body, 'home');
  assert.equal((await ask('/app.123.js', { Accept: '*/*' })).status, 404);
  assert.equal((await ask('/a.txt')).body, '0123456789');
}));

test('404.html keeps its status, whatever the request asks', () => served({}, async (ask, root) => {
  fs.writeFileSync(path.join(root, '404.html'), 'own page');
  const r = await ask('/nope', { Range: 'bytes=0-1', 'If-None-Match': '*' });
  assert.deepEqual([r.status, r.body], [404, 'own page']);
}));

test('credentials are asked for, also for what is not there', () => served({ auth: { username: 'u', password: 'p' }, cors: true }, async (ask) => {
  for (const target of ['/', '/nope', '/.env']) {
    const r = await ask(target);
    assert.equal(r.status, 401);
    assert.match(String(r.headers['www-authenticate']), /^Basic realm=/);
  }
  const r = await ask('/', { Authorization: `Basic ${Buffer.from('u:p').toString('base64')}` });
  assert.deepEqual([r.status, r.headers['cache-control'], r.headers['access-control-allow-origin']], [200, 'private, max-age=0', '*']);
}));

test('a reader that goes away in the middle is no fault; a slow one costs no memory', () => served({}, async (ask, root, said, port) => {
  fs.truncateSync(path.join(root, 'big.bin'), 200_000_000);
  const before = process.memoryUsage().rss;
  await new Promise<void>((resolve, reject) => {
    http.get({ port, host: '127.0.0.1', path: '/big.bin', agent: false }, (res) => {
      // Nothing is read: the server must wait.
      res.pause();
      setTimeout(() => {
        try { assert.ok(process.memoryUsage().rss - before < 60_000_000); } catch (e) { reject(e); }
        res.destroy();
        resolve();
      }, 300);
    }).on('error', () => {});
  });
  assert.equal((await ask('/a.txt')).body, '0123456789');
  assert.deepEqual(said, []);
}));
