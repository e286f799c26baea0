import assert from 'node:assert/strict';
import test from 'node:test';
import { declaredVars } from '../../src/config/env.js';
import { isSecretForm, readSecret, secretRef } from '../../src/config/secrets.js';
import { MASK, looksMasked, maskDeep, maskEnv, maskText, maskValue, maskVars, namesSecret, unmaskEnv, unmaskVars } from '../../src/config/secrets-mask.js';

test('references are read, relative paths start at the working directory', () => {
  for (const [given, read] of [
    ['file:/run/secrets/db', 'file:/run/secrets/db'], ['file:key.txt', 'file:/app/key.txt'], ['file: ./a b ', 'file:/app/a b'], ['cmd:pass show db', 'cmd:pass show db'], ['cmd: echo "a:b" | head -1', 'cmd:echo "a:b" | head -1'],
    ['file:', undefined], ['cmd:  ', undefined], ['env:X', undefined], ['hunter2', undefined], ['', undefined], [7, undefined], [undefined, undefined], ['cmd:a\nb', undefined], ['file:a\0b', undefined],
  ] as const) assert.equal(readSecret(given, '/app'), read, String(given));
  assert.deepEqual(secretRef('file:/x:y'), { kind: 'file', file: '/x:y' });
  assert.deepEqual(secretRef('cmd:a b'), { kind: 'cmd', command: 'a b' });
  assert.throws(() => secretRef('x'));
  for (const [value, is] of [[{ secret: 1 }, true], [{ secret: 'file:/x' }, true], [{ secret: 'a', more: 1 }, false], [['secret'], false], [null, false], ['secret', false]] as const) assert.equal(isSecretForm(value), is);
});

test('a wrong reference is refused without printing it', () => {
  assert.throws(() => declaredVars([{ vars: { DB_PASSWORD: { secret: 'hunter2' } }, path: 'env' }], { file: 'eco.js', at: 'apps[0]' }, '/app'), (e: Error) => {
    assert.match(e.message, /^eco\.js: apps\[0\]\.env\.DB_PASSWORD: got .*wanted \{"secret": "file:/);
    assert.ok(!e.message.includes('hunter2'));
    return true;
  });
  // An object that is more than a reference is a value, as before.
  assert.deepEqual(declaredVars([{ vars: { CONF: { secret: 'x', other: 1 } }, path: 'env' }], {}, '/app').declared, { CONF: '{"secret":"x","other":1}' });
});

test('names that hold a secret, and names that do not', () => {
  for (const name of [
    'PASSWORD', 'DB_PASSWORD', 'db_pass', 'DB_PASS', 'PGPASSWORD', 'MYSQL_PWD', 'SMTPPASS', 'passwd', 'dbPass', 'MY_SECRET', 'AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'apiKey', 'API_KEY', 'APIKEY', 'X-Api-Key', 'PRIVATE_KEY', 'privateKey', 'AWS_ACCESS_KEY_ID',
    'GOOGLE_CREDENTIALS', 'BASIC_AUTH', 'auth', 'NPM_CONFIG__AUTH', 'REDISCLI_AUTH', 'AUTHTOKEN', 'AUTHORIZATION', 'JWT', 'SESSION_SECRET', 'ENCRYPTION_KEY', 'PASSPHRASE', 'tokens', 'authToken', 'passwort',
  ]) assert.equal(namesSecret(name), true, name);
  for (const name of [
    'PATH', 'HOME', 'PWD', 'OLDPWD', 'COMPASS', 'BYPASS', 'AUTHOR', 'GIT_AUTHOR_NAME', 'AUTHORITY', 'SSH_AUTH_SOCK', 'XAUTHORITY', 'TOKENIZERS_PARALLELISM', 'MAX_TOKENS', 'DB_PASSWORD_FILE', 'TOKEN_TTL', 'PASSWORD_MIN_LENGTH', 'AUTH_ENABLED', 'KEYBOARD', 'KEY', 'NODE_ENV', 'PORT', 'PASSENGER_ROOT', 'monkey', 'DATABASE_URL',
  ]) assert.equal(namesSecret(name), false, name);
});

test('what is shown of values', () => {
  for (const [name, value, shown] of [
    ['PASSWORD', 'hunter2', MASK], ['PASSWORD', '1234', MASK], ['PASSWORD', '', ''], ['AUTH', 'true', 'true'], ['NODE_ENV', 'production', 'production'],
    ['DATABASE_URL', 'postgres://app:hunter2@db:5432/x', 'postgres://app:***@db:5432/x'], ['REDIS_URL', 'redis://:hunter2@r:6379', 'redis://:***@r:6379'], ['M', 'mongodb://u:p%40@a:1,b:2/x?replicaSet=r', 'mongodb://u:***@a:1,b:2/x?replicaSet=r'],
    ['URL', 'postgres://u:p/w@h/db', 'postgres://u:***@h/db'], ['URL', 'http://host:80/path?email=a@b.c', 'http://host:80/path?email=a@b.c'], ['URL', 'ssh://git@github.com/x', 'ssh://git@github.com/x'], ['URL', 'https://0123456789abcdef0123@github.com/x', 'https://***@github.com/x'],
    ['HOOK', 'https://x.y/z?a=1&token=abc&b=2', 'https://x.y/z?a=1&token=***&b=2'], ['X', 'see ghp_0123456789abcdefghijABCDEFGHIJ012345 there', 'see *** there'],
    ['TLS', '-----BEGIN RSA PRIVATE KEY-----\nabc', MASK], ['pm2-x', '{"max_size":"10M","password":"hunter2","a":{"token":7},"l":[1]}', '{"max_size":"10M","password":"***","a":{"token":"***"},"l":[1]}'], ['J', '{"a": 1}', '{"a": 1}'], ['J', '{a: broken', '{a: broken'],
  ] as const) assert.equal(maskValue(name, value), shown, `${name}=${value}`);
  assert.equal(maskText('short'), 'short');
  const plain = { A: '1' };
  assert.equal(maskVars(plain), plain);
  assert.deepEqual(maskVars({ A: '1', API_KEY: 'k' }), { A: '1', API_KEY: MASK });
  const record = { a: { b: ['x'] }, n: 1 };
  assert.equal(maskDeep(record), record);
  assert.deepEqual(maskDeep({ passwords: ['a', 'b'] }), { passwords: [MASK, MASK] });
});

test('a text of any length is masked at once', () => {
  for (const text of [`http://${'a'.repeat(200_000)}`, `x://${':'.repeat(50_000)}`, `?${'a='.repeat(50_000)}`, '://'.repeat(30_000), `eyJ${'a'.repeat(100_000)}.`]) {
    const before = performance.now();
    maskText(text);
    assert.ok(performance.now() - before < 1500, text.slice(0, 10));
  }
});

test('a masked value that comes back stands for ours and reaches nobody', () => {
  const ours = { DB_PASSWORD: 'hunter2', URL: 'postgres://u:hunter2@h/x', STARS: 'a *** b', PLAIN: '1' };
  assert.deepEqual(unmaskVars(maskVars(ours), ours), ours);
  assert.deepEqual(unmaskVars({ DB_PASSWORD: '***', URL: 'postgres://u:***@h/x', TOKEN: '***', OTHER_URL: 'http://a:***@b/', NEW: 'n', GLOB: 'x/***/y', PLAIN: '2' }, { ...ours, URL: 'mysql://other' }), { DB_PASSWORD: 'hunter2', NEW: 'n', GLOB: 'x/***/y', PLAIN: '2' });
  assert.equal(looksMasked('***'), true);
  assert.equal(looksMasked('a *** b'), false);
});

test('a declaration that comes back: layer by layer ours, and nothing moves between the layers', () => {
  const ours = { inherited: { TOKEN: 't', PATH: '/bin' }, declared: { DB_PASSWORD: 'hunter2', URL: 'http://u:p@h' }, covered: [{ name: 'DB_PASSWORD', from: 'env', value: 'old' }] };
  const shown = maskEnv(ours);
  assert.deepEqual(shown, { inherited: { TOKEN: '***', PATH: '/bin' }, declared: { DB_PASSWORD: '***', URL: 'http://u:***@h' }, covered: [{ name: 'DB_PASSWORD', from: 'env', value: '***' }] });
  assert.deepEqual(unmaskEnv({ inherited: shown.inherited, declared: shown.declared }, ours), { inherited: ours.inherited, declared: ours.declared });
  // A PM2 client lays everything it saw over what was inherited.
  assert.deepEqual(unmaskEnv({ inherited: { ...shown.inherited, ...shown.declared, NEW: '1' }, declared: ours.declared }, ours), { inherited: { TOKEN: 't', PATH: '/bin', NEW: '1' }, declared: ours.declared });
  assert.deepEqual(unmaskEnv({ inherited: { API_KEY: '***' }, declared: { X: '1' } }, undefined), { inherited: {}, declared: { X: '1' } });
  const clean = { inherited: { A: '1' }, declared: {} };
  assert.equal(unmaskEnv(clean, ours), clean);
  assert.equal(maskEnv(clean), clean);
});
