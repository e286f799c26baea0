import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { Files } from '../../src/web/files.js';

test('pages: compressed as they were built, with validators, and nothing beside them', async (t) => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-'));
  const dir = path.join(root, 'web');
  fs.mkdirSync(dir);
  fs.writeFileSync(path.join(root, 'secret.txt'), 'secret');
  fs.writeFileSync(path.join(dir, 'index.html'), '<!doctype html>home');
  fs.writeFileSync(path.join(dir, 'app.js'), 'let x;');
  fs.writeFileSync(path.join(dir, 'app.js.br'), zlib.brotliCompressSync('let x;'));
  fs.writeFileSync(path.join(dir, 'app.js.gz'), zlib.gzipSync('let x;'));
  fs.symlinkSync(path.join(root, 'secret.txt'), path.join(dir, 'link.bin'));
  const files = new Files(dir);
  const server = http.createServer((req, res) => { files.serve(req, res, req.url ?? '/').then((served) => { if (!served) res.writeHead(404).end(); }, () => res.writeHead(500).end()); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); server.closeAllConnections(); fs.rmSync(root, { recursive: true, force: true }); });
  const { port } = server.address() as { port: number };
  const get = (at: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> => new Promise((resolve, reject) => {
    http.get({ port, host: '127.0.0.1', path: at, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (c: Buffer) => chunks.push(c)).on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }));
    }).on('error', reject);
  });
  assert.equal((await get('/')).body.toString(), '<!doctype html>home');
  const br = await get('/app.js', { 'Accept-Encoding': 'gzip, br' });
  assert.deepEqual([br.headers['content-encoding'], zlib.brotliDecompressSync(br.body).toString(), br.headers['content-type']], ['br', 'let x;', 'text/javascript; charset=utf-8']);
  const gz = await get('/app.js', { 'Accept-Encoding': 'gzip' });
  assert.deepEqual([gz.headers['content-encoding'], zlib.gunzipSync(gz.body).toString()], ['gzip', 'let x;']);
  const plain = await get('/app.js');
  const [home] = [(await get('/')).headers.etag];
  assert.deepEqual([plain.headers['content-encoding'], plain.body.toString(), plain.headers['cache-control'], plain.headers.vary], [undefined, 'let x;', 'no-cache', 'Accept-Encoding']);
  assert.equal((await get('/app.js', { 'If-None-Match': plain.headers.etag ?? '' })).status, 304);
  assert.equal((await get('/app.js', { 'If-None-Match': plain.headers.etag ?? '', 'Accept-Encoding': 'br' })).status, 200, 'another coding is another text');
  fs.writeFileSync(path.join(dir, 'index.html'), '<!doctype html>another');
  fs.utimesSync(path.join(dir, 'index.html'), 1, 1);
  assert.equal((await get('/', { 'If-None-Match': home ?? '' })).body.toString(), '<!doctype html>another');
  for (const at of ['/process/api', '/../secret.txt', '/%2e%2e/secret.txt', '/link.bin', '/app.js.br', '/nothing.js', '/web/../../secret.txt']) assert.equal((await get(at)).status, 404, at);
  const looks = t.mock.method(fs, 'readdirSync');
  for (let i = 0; i < 20; i++) await get(`/nothing-${i}.js`);
  assert.ok(looks.mock.callCount() <= 1, 'strangers must not keep the disk busy');
});
