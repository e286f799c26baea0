import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { validate, type Validator } from '../../src/container/container.js';

const said = async (v: Validator, value: unknown, cwd = '/'): Promise<unknown> => { const r = await validate(v, value, { cwd }); return r.ok ? true : r.reason; };

test('named validators take and refuse', async () => {
  const table: Readonly<Record<string, readonly [good: unknown[], bad: unknown[]]>> = {
    $port: [[0, 80, 65_535], [-1, 70_000, 1.5, '80']], $positive: [[1, 0.1], [0, -1, '1']], $integer: [[0, -5], [1.5, '1']], $alpha: [['abc', 'é'], ['a1', '']], $alphanum: [['a1'], ['a-1', '']],
    $email: [['a@b.co', "o'x+y@ex.org"], ['a', 'a@', '@b', 'a b@c.d', 'a@-b.c']], $hostname: [['localhost', 'a-b.example.org'], ['-a', 'a..b', 'a_b', '']], $ipv4: [['127.0.0.1'], ['256.1.1.1', '::1']], $ipv6: [['::1'], ['127.0.0.1']],
    $httpurl: [['http://a.b/c?d', 'https://x'], ['ftp://x', 'x']], $url: [['http://x'], ['javascript:1']], $json: [['{}', '1'], ['{', '']], $hex: [['0aF'], ['xyz', '']], $base64: [['aGk=', 'aGkh'], ['a', 'aGk', '']],
    $uuid: [['123e4567-e89b-12d3-a456-426614174000'], ['123']],
  };
  for (const [name, [good, bad]] of Object.entries(table)) {
    for (const v of good) assert.equal(await said(name, v), true, `${name} ${String(v)}`);
    for (const v of bad) assert.match(String(await said(name, v)), /^wanted /, `${name} ${String(v)}`);
  }
});

test('files are looked for below the folder they are told from', async () => {
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-c-'));
  try {
    fs.writeFileSync(path.join(cwd, 'f'), '');
    fs.writeFileSync(path.join(cwd, 'x'), '', { mode: 0o755 });
    assert.deepEqual(await Promise.all([said('$file', 'f', cwd), said('$file', path.join(cwd, 'f')), said('$directory', '.', cwd), said('$executable', 'x', cwd), said('$writable', 'f', cwd)]), [true, true, true, true, true]);
    for (const [v, value] of [['$file', '.'], ['$file', 'none'], ['$directory', 'f'], ['$executable', 'f'], ['$executable', '.'], ['$writable', 'none/x'], ['$file', 5]] as const) assert.match(String(await said(v, value, cwd)), /^wanted /, `${v} ${value}`);
    assert.equal(await said('$writable', 'new-file', cwd), true, 'a file that can be made can be written');
  } finally { fs.rmSync(cwd, { recursive: true, force: true }); }
});

test('operators, functions, expressions, and schemas of other libraries', async () => {
  const standard = { '~standard': { version: 1 as const, vendor: 'test', validate: async (v: unknown) => { await Promise.resolve(); return v === 'in' ? { value: 'out' } : { issues: [{ message: 'not in' }] }; } } };
  const table: readonly (readonly [Validator, unknown, unknown])[] = [
    [{ $and: ['$integer', { $range: [1, 5] }] }, 3, true], [{ $and: ['$integer', { $range: [1, 5] }] }, 9, 'wanted from 1 to 5'], [{ $or: ['$ipv4', '$hostname'] }, 'a.b', true],
    [{ $or: ['$ipv4', '$ipv6'] }, 'a', 'wanted an IPv4 address, or an IPv6 address'], [{ $not: '$port' }, 5, 'wanted not what `$port` takes'], [{ $in: ['a', 1] }, 1, true], [{ $in: ['a', 1] }, 'b', 'wanted one of `a`, 1'], [{ $eq: { a: [1] } }, { a: [1] }, true],
    [{ $range: { min: 2 } }, 1, 'wanted from 2 up'], [{ $range: { max: 2 } }, 1, true], [{ $range: [1, 2] }, '1', 'wanted from 1 to 2'], [{ $length: 2 }, 'ab', true], [{ $length: [1, 2] }, [], 'wanted a length of 1 to 2'], [{ $length: { max: 1 } }, 5, 'wanted a length of anything to 1'],
    [{ $each: '$port' }, [1, 2], true], [{ $each: '$port' }, [1, -2], 'wanted a port, 0 to 65535 at [1]'], [{ $matches: '^a' }, 'ab', true], [{ $matches: /^a/g }, 'b', 'wanted a text that matches /^a/g'], [{ $port: true } as never, 80, true],
    [/^x/g, 'x', true], [/^x/g, 'x', true], [['$integer', { $range: [1, 2] }], 1, true], [(v: unknown) => v === 1, 1, true], [(v: unknown) => v === 1, 2, /^wanted/], [() => 'because', 1, 'because'], [() => { throw new Error('boom'); }, 1, 'boom'],
    [async () => { await Promise.resolve(); return false; }, 1, /^wanted/], [() => undefined, 1, true], [standard, 'x', 'not in'],
  ];
  for (const [v, value, wanted] of table) {
    const got = await said(v, value);
    if (wanted instanceof RegExp) assert.match(String(got), wanted); else assert.deepEqual(got, wanted, JSON.stringify(v));
  }
  assert.deepEqual(await validate(standard, 'in', { cwd: '/' }), { ok: true, value: 'out' }, 'a schema may change the value');
  assert.deepEqual(await validate({ $each: standard }, ['in'], { cwd: '/' }), { ok: true, value: ['out'] });
  assert.equal((await validate('$even', 3, { cwd: '/', checks: { even: (v) => Number(v) % 2 === 0 } })).ok, false);
  await assert.rejects(validate('$prt', 1, { cwd: '/' }), /unknown validator `\$prt`/);
  await assert.rejects(validate({ $nope: 1 } as never, 1, { cwd: '/' }), /unknown operator `\$nope`/);
});
