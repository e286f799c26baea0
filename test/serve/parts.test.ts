// The pure parts of the file server: paths, options, credentials, the `static` list of config files.
import assert from 'node:assert/strict';
import test from 'node:test';
import { appsFrom } from './apps.js';
import { isAllowed } from '../../src/serve/auth.js';
import { escapeHtml } from '../../src/serve/listing.js';
import { serveOptions } from '../../src/serve/options.js';
import { isHidden, partsOf } from '../../src/serve/place.js';

test('a request path becomes parts, or nonsense', () => {
  const table: [string, string[] | undefined][] = [
    ['/', []], ['/a/b.html?x=../y#z', ['a', 'b.html']], ['//a///b/', ['a', 'b']], ['/./a/.', ['a']], ['/a%20b', ['a b']], ['/%C3%A9', ['é']],
    ['/..', undefined], ['/a/../b', undefined], ['/%2e%2e/etc/passwd', undefined], ['/%2E%2e%2fetc', undefined], ['/a%2fb', undefined],
    ['/..%5c..%5cx', undefined], ['/a\\..\\b', undefined], ['/a%00.html', undefined], ['/%', undefined], ['/%ff', undefined],
    ['http://host/a', undefined], ['*', undefined], ['', undefined], ['/a..b', ['a..b']], ['/...', ['...']], ['/%252e%252e/x', ['%2e%2e', 'x']],
  ];
  for (const [target, parts] of table) assert.deepEqual(partsOf(target), parts, target);
  assert.equal(isHidden(['.git', 'config']), true);
  assert.equal(isHidden(['a', '.env']), true);
  assert.equal(isHidden(['.well-known', 'acme']), false);
  assert.equal(isHidden(['a', '.well-known']), true);
  assert.equal(isHidden(['.well-known', '.x']), true);
});

test('options: the loopback address and nothing open by default, wrong values are named', () => {
  assert.deepEqual(serveOptions({}, '/srv'), { root: '/srv', port: 8080, host: '127.0.0.1', spa: false, listing: false, cors: false, home: 'index.html' });
  const all = serveOptions({
    PM2_SERVE_PATH: './p', PM2_SERVE_PORT: '80', MGR_SERVE_PORT: '81', PM2_SERVE_HOST: '::', PM2_SERVE_SPA: 'true', PM2_SERVE_FTP: '1', PM2_SERVE_CORS: 'false', PM2_SERVE_HOMEPAGE: '/home.html',
    PM2_SERVE_BASIC_AUTH: 'true', PM2_SERVE_BASIC_AUTH_USERNAME: 'u', PM2_SERVE_BASIC_AUTH_PASSWORD: 'p',
  }, '/srv');
  assert.deepEqual(all, { root: '/srv/p', port: 81, host: '::', spa: true, listing: true, cors: false, home: 'home.html', auth: { username: 'u', password: 'p' } });
  assert.throws(() => serveOptions({ PM2_SERVE_PORT: '8o' }, '/'), /PM2_SERVE_PORT: got `8o`, wanted a port/);
  assert.throws(() => serveOptions({ PM2_SERVE_SPA: 'maybe' }, '/'), /PM2_SERVE_SPA: got `maybe`, wanted true or false/);
  // A password that was forgotten must not open the folder.
  assert.throws(() => serveOptions({ PM2_SERVE_BASIC_AUTH: 'true', PM2_SERVE_BASIC_AUTH_USERNAME: 'u' }, '/'), /PASSWORD: got nothing/);
});

test('credentials: both and exactly', () => {
  const wanted = { username: 'ann', password: 'a:b' };
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.equal(isAllowed(basic('ann:a:b'), wanted), true);
  for (const header of [undefined, '', 'Basic', 'Bearer x', basic('ann'), basic('ann:'), basic('ann:a:'), basic('anna:a:b'), basic(':a:b'), basic('')]) assert.equal(isAllowed(header, wanted), false, header);
  assert.equal(isAllowed(basic(''), { username: '', password: '' }), false);
});

test('html is escaped', () => {
  assert.equal(escapeHtml('<a href="x">&\'</a>'), '&#60;a href=&#34;x&#34;&#62;&#38;&#39;&#60;/a&#62;');
});

test('`static` of a config file: each folder an app of our file server', async () => {
  const apps = await appsFrom({ static: [{ name: 'web', port: 9000, path: './out', spa: true, basic_auth: { username: 'u', password: 'p' }, max_memory_restart: '100M' }, { ftp: 'true' }] });
  assert.deepEqual(apps, [
    { name: 'web', max_memory_restart: '100M', script: 'serve', env: { PM2_SERVE_PORT: '9000', PM2_SERVE_PATH: './out', PM2_SERVE_SPA: 'true', PM2_SERVE_BASIC_AUTH: 'true', PM2_SERVE_BASIC_AUTH_USERNAME: 'u', PM2_SERVE_BASIC_AUTH_PASSWORD: 'p' } },
    { name: 'static-page-server-8080', script: 'serve', env: { PM2_SERVE_FTP: 'true' } },
  ]);
  assert.equal((await appsFrom({ apps: [{ script: 'a.js' }], static: { port: 1 } })).length, 2);
  await assert.rejects(appsFrom({ static: [{ spa: 'perhaps' }] }), /static\[0\]\.spa: got .*perhaps.*wanted true or false/);
  await assert.rejects(appsFrom({ static: ['./out'] }), /static\[0\]: got .*wanted an object/);
  await assert.rejects(appsFrom({ static: [{ basic_auth: { username: 'u' } }] }), /basic_auth\.password: got nothing/);
});
