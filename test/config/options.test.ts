import assert from 'node:assert/strict';
import test from 'node:test';
import { Command } from 'commander';
import { isMgrError } from '../../src/base/errors.js';
import { defaultsFrom, readDeclared, settle } from '../../src/config/declare.js';
import { KEYS, camel, fieldOf, spellings, type Key } from '../../src/config/fields.js';
import { declaredFromFlags, jsonSchema, optionsTable, startFlags } from '../../src/config/options.js';

const NUMBERS = new Set(['count', 'span', 'size']);
const SAMPLE: Readonly<Record<string, readonly [good: unknown, read: unknown, bad: readonly unknown[]]>> = {
  'text': ['abc', 'abc', [true, {}, [], '', '  ', 'a\0b']],
  'path': ['./a', './a', [3, true, {}, [], '']],
  'path or switch': ['./a', './a', [3, {}, [], '']],
  'count': ['7', 7, ['many', true, {}, [], -1, 1.5, '1e3', Number.NaN, Infinity]],
  'span': ['5s', 5000, ['soon', true, {}, [], -1, '5 parsec', '']],
  'size': ['200M', 200 * 1024 ** 2, ['big', true, {}, [], -1, '5X']],
  'switch': ['true', true, ['yes', 0, 1, {}, [], '']],
  'list': ['a "b c"', ['a', 'b c'], [true, {}, [{}], [true], ['a\0']]],
  'switch or list': [['a b'], ['a b'], [3, {}, [{}]]],
  'codes': [['0', 3], [0, 3], ['x', true, {}, [256], [-1], 1.5]],
  'signal': ['term', 'SIGTERM', ['SIGNOPE', true, {}, [], 999]],
  'user': ['ann', 'ann', [true, {}, [], -1, '']],
  'cron': ['*/5 0-6 * * mon', '*/5 0-6 * * mon', [true, {}, [], '* * *', '99 * * * *', 'hello', '* * * * * * *']],
  'time zone': ['Europe/Berlin', 'Europe/Berlin', [true, 3, {}, [], '', 'Mars/Olympus']],
  'names': [['db', 'cache'], { db: 'ready', cache: 'ready' }, [true, 3, '', [3], [''], { db: 'soon' }, { db: true }]],
  'watcher options': [{ usePolling: true, persistent: true, ignored: 'x' }, { usePolling: true, ignored: ['x'] }, [true, 3, 'x', [], { usePolling: 1 }, { depht: 1 }, { awaitWriteFinish: { pollInterval: 'x' } }]],
  'health check': [{ tcp: 80 }, { tcp: '127.0.0.1:80', interval: 10_000, timeout: 3000, retries: 3, start_period: 0 }, [3, true, [], '']],
  'sockets': ['3000, [::1]:81', [{ port: 3000 }, { port: 81, host: '::1' }], [0, 70_000, true, [], '', 'name']],
  'variables': [{ A: 1 }, { A: 1 }, [3, true, [], 'no pairs']],
  'raw, json': ['json', 'json', ['xml', true, {}, 0]],
  'fork, cluster, fork_mode, cluster_mode': ['fork', 'fork', ['thread', true, 1]],
};

function sample(key: Key) {
  // log_date_format takes an empty text and false: they mean no date.
  if (key === 'log_date_format') return ['HH', 'HH', [true, 3, {}, []]] as const;
  if (key === 'ext') return ['.js,ts', ['js', 'ts'], [true, 3, {}, [], '', ['a/b']]] as const;
  if (key === 'instances') return ['7', 7, ['many', true, {}, [], 1.5, '2x']] as const;
  const s = SAMPLE[fieldOf(key).kind.kind];
  assert.ok(s, `no sample for the kind of ${key}`);
  return s;
}
const CHECKED = KEYS.filter((k) => !fieldOf(k).inert);
const read = (declared: Record<string, unknown>) => readDeclared(declared, {});

test('0 is kept by every number, false by every switch', () => {
  let seen = 0;
  for (const key of CHECKED) {
    const kind = fieldOf(key).kind.kind;
    const value = NUMBERS.has(kind) ? 0 : kind.includes('switch') ? false : undefined;
    if (value === undefined) continue;
    seen++;
    for (const written of [value, String(value)]) {
      const settled = settle(defaultsFrom({}), read({ [key]: written }).options);
      assert.equal(settled[key], value, key);
    }
  }
  assert.ok(seen > 25, `${seen} options were tried`);
  assert.deepEqual(read({ cron_restart: 0, stop_exit_codes: 0, instances: 0, port: 0, uid: 0 }).options, { cron_restart: '', stop_exit_codes: [0], instances: 0, port: '0', uid: 0 });
});

test('every spelling of every option is understood', () => {
  for (const key of CHECKED) {
    const [good, value] = sample(key);
    for (const name of spellings(key)) assert.deepEqual(read({ [name]: good }).options, { [key]: value }, name);
  }
  for (const [alias, key] of [['exec', 'script'], ['cmd', 'script'], ['command', 'script'], ['exec_interpreter', 'interpreter'], ['interpreterArgs', 'interpreter_args'], ['nodeArgs', 'interpreter_args'], ['out', 'out_file'], ['output', 'out_file'], ['out_log', 'out_file'], ['error', 'error_file'], ['err', 'error_file'], ['err_file', 'error_file'], ['err_log', 'error_file'], ['log', 'log_file'], ['pid', 'pid_file'], ['combine_logs', 'merge_logs'], ['cron', 'cron_restart'], ['user', 'uid'], ['maxMemoryRestart', 'max_memory_restart'], ['scriptArgs', 'args']] as const) {
    assert.ok(spellings(key).includes(alias), alias);
  }
});

test('no two options share a spelling', () => {
  const all = KEYS.flatMap(spellings);
  assert.equal(new Set(all).size, all.length);
});

test('a wrong type names file, path, got and wanted, for every kind', () => {
  for (const key of CHECKED) {
    for (const wrong of sample(key)[2]) {
      assert.throws(() => readDeclared({ [key]: wrong }, { file: 'eco.json', at: 'apps[2]' }), (e) => {
        assert.ok(isMgrError(e), `${key}: ${String(e)}`);
        assert.equal(e.code, 'BAD_OPTION');
        assert.equal(e.data['file'], 'eco.json');
        assert.equal(e.data['path'], `apps[2].${key}`);
        assert.equal(e.data['wanted'], fieldOf(key).kind.wanted);
        assert.equal(typeof e.data['got'], 'string');
        assert.match(e.message, /^eco\.json: apps\[2\]\.\w+: got .+, wanted .+/s);
        return true;
      }, `${key} = ${String(wrong)}`);
    }
  }
});

test('a fault in a flag names the flag, one in the environment the variable', () => {
  assert.throws(() => readDeclared({ kill_timeout: 'x' }, { flags: true, file: 'eco.json' }), { message: '--kill-timeout: got "x", wanted milliseconds, or a time such as 500ms, 10s, 5m, 1h' });
  assert.throws(() => defaultsFrom({ PM2_KILL_TIMEOUT: 'x' }), /PM2_KILL_TIMEOUT: got "x"/);
});

test('defaults, and those from the environment', () => {
  const d = defaultsFrom({});
  assert.deepEqual([d.min_uptime, d.max_restarts, d.kill_timeout, d.kill_signal, d.listen_timeout, d.treekill, d.autostart, d.autorestart, d.namespace, d.instance_var, d.pmx, d.vizion], [1000, 16, 1600, 'SIGINT', 3000, true, true, true, 'default', 'NODE_APP_INSTANCE', true, true]);
  for (const key of ['log_max_size', 'log_keep', 'log_compress', 'log_rotate_interval', 'merge_logs', 'name', 'log_file'] as const) assert.ok(!(key in d), key);
  assert.equal(defaultsFrom({ PM2_KILL_TIMEOUT: '50', MGR_KILL_TIMEOUT: '0' }).kill_timeout, 0);
  assert.equal(settle(defaultsFrom({ MGR_KILL_TIMEOUT: '50' }), { kill_timeout: 9 }).kill_timeout, 9);
  assert.equal(defaultsFrom({ PM2_KILL_SIGNAL: 'SIGTERM' }).kill_signal, 'SIGTERM');
  assert.equal(defaultsFrom({ PM2_KILL_USE_MESSAGE: '1' }).shutdown_with_message, true);
  assert.equal(defaultsFrom({ MGR_KILL_TIMEOUT: '' }).kill_timeout, 1600);
});

test('an unknown option warns with the nearest name, and is an error when strict', () => {
  const r = readDeclared({ max_restart: 3, env_prod: {}, $schema: 'x' }, { file: 'eco.json', at: 'apps[0]' });
  assert.deepEqual(r.warnings, ['eco.json: apps[0]: unknown option `max_restart` is left out: did you mean `max_restarts`?']);
  assert.ok(r.envs.has('prod'));
  assert.throws(() => readDeclared({ max_restart: 3 }, { strict: true, at: 'apps[0]' }), (e) => isMgrError(e) && e.code === 'UNKNOWN_OPTION' && e.data['near'] === 'max_restarts' && e.data['path'] === 'apps[0].max_restart');
});

test('absence, doubles and what PM2 knows', () => {
  assert.deepEqual(read({ max_restarts: null, name: undefined, kill_timeout: 'null' }).options, {});
  const both = read({ exec: 'a.js', script: 'b.js' });
  assert.equal(both.options.script, 'b.js');
  assert.match(both.warnings[0] ?? '', /`exec` and `script` are the same option: `script` counts/);
  const inert = read({ trace: true, io: { a: 1 }, postUpdate: ['x'], windowsHide: false });
  assert.deepEqual(inert.warnings, []);
  assert.deepEqual(inert.extra, { trace: true, io: { a: 1 }, post_update: ['x'], windowsHide: false });
});

test('a key called __proto__ is only unknown', () => {
  const r = read(JSON.parse('{"__proto__": {"name": "x"}, "constructor": 1}') as Record<string, unknown>);
  assert.equal(r.options.name, undefined);
  assert.equal(r.warnings.length, 2);
});

test('the flags of PM2, through commander, become a declaration', () => {
  const program = new Command().exitOverride().argument('<script>');
  for (const f of startFlags()) {
    if (f.parse) program.option(f.flags, f.description, f.parse);
    else program.option(f.flags, f.description);
  }
  const parse = (...argv: string[]) => declaredFromFlags(program.parse(argv, { from: 'user' }).opts());
  assert.deepEqual(new Set(startFlags().map((f) => f.flags)).size, startFlags().length);
  const given = parse('app.js', '-n', 'api', '-i', '-1', '-o', 'o.log', '-e', 'e.log', '-l', '-k', '0', '-p', 'p.pid', '-c', '* * * * *', '-x', '-u', 'ann', '--no-autorestart', '--no-treekill', '--watch', 'src', '--watch', 'lib',
    '--watch-delay', '2', '--max-memory-restart', '200M', '--node-args', '--max-old-space-size=64 -r x', '--stop-exit-codes', '0', '3', '--time', '--log-max-size', '1M', '--log-keep', '0', '--filter-env', 'A', '--min-uptime', '0');
  assert.deepEqual(given, {
    name: 'api', instances: '-1', out_file: 'o.log', error_file: 'e.log', log_file: true, kill_timeout: '0', pid_file: 'p.pid', cron_restart: '* * * * *', execute_command: true, uid: 'ann', autorestart: false, treekill: false,
    watch: ['src', 'lib'], watch_delay: '2s', max_memory_restart: '200M', interpreter_args: '--max-old-space-size=64 -r x', stop_exit_codes: ['0', '3'], time: true, log_max_size: '1M', log_keep: '0', filter_env: ['A'], min_uptime: '0',
  });
  assert.deepEqual(readDeclared(given, { flags: true }).options, {
    name: 'api', instances: -1, out_file: 'o.log', error_file: 'e.log', log_file: true, kill_timeout: 0, pid_file: 'p.pid', cron_restart: '* * * * *', execute_command: true, uid: 'ann', autorestart: false, treekill: false,
    watch: ['src', 'lib'], watch_delay: 2000, max_memory_restart: 200 * 1024 ** 2, interpreter_args: ['--max-old-space-size=64', '-r', 'x'], stop_exit_codes: [0, 3], time: true, log_max_size: 1024 ** 2, log_keep: 0, filter_env: ['A'], min_uptime: 0,
  });
});

test('commander\'s defaults for --no-x are not taken for an answer', () => {
  assert.deepEqual(declaredFromFlags({ vizion: true, autorestart: true, pmx: false, silent: true }), { pmx: false });
});

test('the README table and the JSON Schema name every option', () => {
  const table = optionsTable();
  for (const key of CHECKED) assert.ok(table.includes(`| \`${key}\` |`), key);
  assert.equal(new Set(table.trim().split('\n').map((l) => l.replaceAll('\\|', '').split('|').length)).size, 1, 'every row has the same cells');
  const schema = jsonSchema() as { $defs: { app: { properties: Record<string, unknown> } } };
  for (const key of KEYS) for (const name of [key, camel(key)]) assert.ok(name in schema.$defs.app.properties, name);
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
});
