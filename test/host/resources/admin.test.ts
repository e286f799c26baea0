// Types and instances as the dashboard and `/__resources` see and change them (D7, D11, D12, D13).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Resource } from '../../../src/host/resources/resource.js';
import type { Rig } from './rig.js';
import { withRig } from './rig.js';
import { waitFor } from '../../helpers/wait.js';

type Any = any; // oxlint-disable-line typescript/no-explicit-any -- as a module in JavaScript has it

class Greeter extends Resource {
  static label = 'Greets';
  static events = ['get'];
  static schema = {
    greeting: { type: 'string', required: true, description: 'What to say' },
    times: { type: 'number', default: 1 },
    tone: { type: 'string', enum: ['loud', 'soft'], default: 'soft' },
    apiKey: { type: 'string', secret: true },
  };

  static log: unknown[] = [];
  constructor(...args: ConstructorParameters<typeof Resource>) {
    super(...args);
    if (this.config['greeting'] === 'explode') throw new Error('it exploded');
    if (this.config['greeting'] === 'mistake') (this.config['nothing'] as Any).here = 1;
    this.on('changed', (config) => Greeter.log.push(['changed', this.name, config]));
    this.on('deleted', () => Greeter.log.push(['deleted', this.name]));
  }
  override configChanged(config: Any, done: Any): void {
    if (config.greeting === 'veto') done(new Error('not with me'));
    else super.configChanged(config, done);
  }
  override configDeleted(config: Any, done: Any): void {
    if (config.greeting === 'stay') done(new Error('I stay')); else super.configDeleted(config, done);
  }
  override handle(ctx: Any): void { ctx.done(null, { ...this.config }); }
}

const types = [Greeter];
const files = (rig: Rig): string[] => {
  const root = path.join(rig.dir, 'resources');
  return fs.existsSync(root) ? (fs.readdirSync(root, { recursive: true }) as string[]).sort() : [];
};

test('an instance is made, answers, is changed, renamed and removed, without a restart (D11, D13)', async () => {
  for (const env of ['production', 'development'] as const) {
    Greeter.log = [];
    await withRig({}, async (rig) => {
      const { ask, root, server } = rig;
      const told: unknown[] = [];
      server.on('resource:changed', (id: string) => told.push(`changed ${id}`)).on('resource:deleted', (id: string) => told.push(`deleted ${id}`));
      assert.equal((await ask('/shop/hello')).status, 404);
      const made = await root('/__resources/shop/hello', { method: 'POST', body: { type: 'Greeter', greeting: 'hi', times: '3', tone: '' } });
      assert.deepEqual([made.status, made.json], [200, { type: 'Greeter', greeting: 'hi', times: '3', tone: '', id: 'shop/hello' }]);
      assert.deepEqual((await ask('/shop/hello')).json, { type: 'Greeter', greeting: 'hi', times: 3, tone: 'soft' });
      assert.deepEqual(JSON.parse(fs.readFileSync(path.join(rig.dir, 'resources/shop/hello/config.json'), 'utf8')), { type: 'Greeter', greeting: 'hi', times: '3', tone: '' });
      await root('/__resources/shop/hello', { method: 'PUT', body: { times: 5 } });
      assert.equal(((await ask('/shop/hello')).json as Any).times, 5);
      assert.equal(((await ask('/shop/hello')).json as Any).greeting, 'hi', 'keys are laid over those that are there');
      await root('/__resources/shop/hello', { method: 'POST', body: { greeting: 'hey', $setAll: true } });
      assert.deepEqual((await ask('/shop/hello')).json, { type: 'Greeter', greeting: 'hey', times: 1, tone: 'soft' });
      await root('/__resources/shop/hello/get.js', { method: 'POST', body: { value: '// hi' } });
      assert.deepEqual((await root('/__resources/shop/hello/get.js')).json, { value: '// hi' });
      const renamed = await root('/__resources/shop/hello', { method: 'PUT', body: { id: 'salute' } });
      assert.equal((renamed.json as Any).id, 'salute');
      assert.deepEqual([(await ask('/shop/hello')).status, (await ask('/salute')).status], [404, 200]);
      assert.deepEqual(files(rig), ['salute', 'salute/config.json', 'salute/get.js']);
      assert.deepEqual((Greeter.log.at(-1) as Any[]).slice(0, 2), ['changed', 'shop/hello']);
      assert.equal((Greeter.log.at(-1) as Any[])[2].id, 'salute');
      const gone = await root('/__resources/salute', { method: 'DELETE' });
      assert.equal(gone.status, 200);
      assert.equal((await ask('/salute')).status, 404);
      assert.deepEqual(files(rig), []);
      assert.deepEqual(Greeter.log.at(-1), ['deleted', 'salute']);
      assert.deepEqual([rig.log[0], rig.log.at(-2), rig.log.at(-1)], ['resource shop/hello: made (Greeter)', 'resource salute: renamed from shop/hello (Greeter)', 'resource salute: deleted']);
      assert.deepEqual([told[0], told.at(-1)], ['changed shop/hello', 'deleted salute']);
    }, { types, env });
  }
});

test('what is not allowed is refused before anything is written (D12)', async () => {
  for (const env of ['production', 'development'] as const) {
    await withRig({ 'resources/a/config.json': { type: 'Greeter', greeting: 'hi' } }, async (rig) => {
      const { ask, root, token, port } = rig;
      const body = { type: 'Greeter', greeting: 'x' };
      const before = files(rig);
      const refused = async (status: number, target: string, headers: Record<string, string>, method = 'POST', sent: unknown = body): Promise<void> => {
        const reply = await ask(target, { method, headers, body: sent });
        assert.equal(reply.status, status, `${env} ${method} ${target} ${JSON.stringify(headers)}: ${reply.body}`);
        assert.deepEqual(files(rig), before);
      };
      const mine = { authorization: `Bearer ${token}` };
      await refused(401, '/__resources/x', {});
      await refused(401, '/__resources/x', { authorization: 'Bearer x' });
      await refused(401, '/__resources/x', { 'dpd-ssh-key': 'anything' });
      await refused(401, '/__resources/../../x', {});
      await refused(403, '/__resources/x', { ...mine, host: 'evil.example' });
      await refused(403, '/__resources/x', { ...mine, host: `evil.example:${port}` });
      await refused(403, '/__resources/x', { ...mine, origin: 'http://evil.example' });
      await refused(403, '/__resources/x', { ...mine, origin: 'null' });
      await refused(403, '/__resources/x', { ...mine, origin: `http://127.0.0.1:${port + 1}` });
      for (const id of ['../../x', '..%2f..%2fx', 'a/../../x', '.hidden', 'A', 'a//b', '%00', 'a/.', '/etc', 'x%5cy', 'a%20b', '-a', 'node_modules/../x', 'a'.repeat(300)]) await refused(400, `/__resources/${id}`, mine);
      for (const file of ['a/config.json', 'a/.get.js', 'a/x.sh', 'a/..%2fx.js', '../x.js', 'a/GET.js']) await refused(400, `/__resources/${file}`, mine, 'POST', { value: '1' });
      await refused(400, '/__resources/x', mine, 'POST', { type: 'Gretter', greeting: 'x' });
      await refused(400, '/__resources/x', mine, 'POST', { greeting: 'x' });
      await refused(400, '/__resources/x', mine, 'POST', [1]);
      await refused(400, '/__resources/x', mine, 'POST', { type: 'Greeter' });
      await refused(400, '/__resources/x', mine, 'POST', { type: 'Greeter', greeting: 'x', times: 'many' });
      await refused(400, '/__resources/x', mine, 'POST', { type: 'Greeter', greeting: 'x', tone: 'shrill' });
      await refused(400, '/__resources/a', mine, 'PUT', { id: '../b' });
      await refused(404, '/__resources/x', mine, 'PUT', { ...body, id: 'y' });
      await refused(404, '/__resources/x', mine, 'DELETE');
      await refused(404, '/__resources/x/get.js', mine, 'POST', { value: '' });
      await refused(405, '/__resources/a', mine, 'PATCH');
      const types = (await root('/__resources/x', { method: 'POST', body: { type: 'Gretter' } })).json as Any;
      assert.match(types.message, /no type `Gretter` is loaded; did you mean `Greeter`\?/);
      assert.deepEqual((await root('/__resources/x', { method: 'POST', body: { type: 'Greeter', times: 'many' } })).json, { message: '`times`: got `many`, wanted a number', errors: { times: 'got `many`, wanted a number', greeting: 'is required' }, statusCode: 400, status: 400 });
      // The right ones: the header of Deployd's own tools, and a page of this very host.
      assert.equal((await ask('/__resources', { headers: { 'dpd-ssh-key': token } })).status, 200);
      assert.equal((await ask('/__resources', { headers: { ...mine, origin: `http://127.0.0.1:${port}` } })).status, 200);
      assert.equal((await ask('/__resources', { headers: { ...mine, host: `localhost:${port}` } })).status, 200);
    }, { types, env });
  }
});

test('a link out of the folder is not followed by a write', () => withRig({ 'resources/a/config.json': { type: 'Greeter', greeting: 'hi' }, 'outside/x': '' }, async (rig) => {
  fs.symlinkSync(path.join(rig.dir, 'outside'), path.join(rig.dir, 'resources/way'));
  const reply = await rig.root('/__resources/way/out', { method: 'POST', body: { type: 'Greeter', greeting: 'hi' } });
  assert.equal(reply.status, 400);
  assert.deepEqual(fs.readdirSync(path.join(rig.dir, 'outside')), ['x']);
}, { types }));

test('the token is random, for the user alone, and the same for the next process', () => withRig({}, async ({ data, token }) => {
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.equal(fs.statSync(path.join(data, 'root.token')).mode & 0o777, 0o600);
}));

test('where the type or the instance says no, files and service are as they were', () => withRig({
  'resources/a/config.json': { type: 'Greeter', greeting: 'hi' }, 'resources/a/get.js': '1', 'resources/s/config.json': { type: 'Greeter', greeting: 'stay' }, 'resources/b/config.json': { type: 'Greeter', greeting: 'b' },
}, async (rig) => {
  const { ask, root } = rig;
  const before = files(rig);
  const text = fs.readFileSync(path.join(rig.dir, 'resources/a/config.json'), 'utf8');
  for (const [target, body, reason] of [
    ['a', { greeting: 'explode' }, 'it exploded'], ['a', { greeting: 'veto' }, 'not with me'], ['new', { type: 'Greeter', greeting: 'explode' }, 'it exploded'],
    ['deep/new', { type: 'Greeter', greeting: 'explode' }, 'it exploded'], ['a', { greeting: 'veto', id: 'moved' }, 'not with me'], ['a', { id: 'b' }, 'a resource `b` is there already'],
    ['a/get.js', { value: 'var = 1' }, `${rig.dir}/resources/a/get.js:1: Unexpected token '='`], ['a/other.js', { value: '' }, 'type Greeter runs no script other.js; it has get.js'],
  ] as const) {
    const reply = await root(`/__resources/${target}`, { method: 'PUT', body });
    assert.deepEqual([reply.status, (reply.json as Any).message], [reason.includes('already') ? 409 : 400, reason]);
    assert.deepEqual(files(rig), before);
    assert.equal(fs.readFileSync(path.join(rig.dir, 'resources/a/config.json'), 'utf8'), text);
    assert.equal(((await ask('/a')).json as Any).greeting, 'hi');
  }
  const stays = await root('/__resources/s', { method: 'DELETE' });
  assert.deepEqual([stays.status, (stays.json as Any).message], [400, 'I stay']);
  assert.deepEqual(files(rig), before);
  assert.equal((await ask('/s')).status, 200);
}, { types }));

test('while an instance takes its time to load, the others and its former self serve; a bad listener undoes nothing', () => {
  let go: (() => void) | undefined;
  class Slow extends Resource {
    override load(done: Any): void { if (this.config['slow']) go = done; else done(); }
    override handle(ctx: Any): void { ctx.done(null, { slow: this.config['slow'] ?? false }); }
  }
  return withRig({ 'resources/a/config.json': { type: 'Greeter', greeting: 'hi' }, 'resources/s/config.json': { type: 'Slow' } }, async ({ ask, root, server, log }) => {
    server.on('resource:changed', () => { throw new Error('bad listener'); });
    assert.equal((await ask('/a')).status, 200);
    const put = root('/__resources/s', { method: 'PUT', body: { slow: true } });
    const done = await waitFor('load is called', () => go);
    assert.equal((await ask('/a')).status, 200);
    assert.deepEqual((await ask('/s')).json, { slow: false });
    done();
    assert.equal((await put).status, 200);
    assert.deepEqual((await ask('/s')).json, { slow: true });
    assert.equal(log.at(-1), 'a listener of resource:changed: bad listener');
  }, { types: [...types, Slow] });
});

test('what is below an instance stays when it is removed or renamed', () => withRig({ 'resources/a/config.json': { type: 'Greeter', greeting: 'a' }, 'resources/a/b/config.json': { type: 'Greeter', greeting: 'b' }, 'resources/a/notes/x.txt': '' }, async (rig) => {
  await rig.root('/__resources/a', { method: 'PUT', body: { id: 'c/d' } });
  assert.deepEqual(files(rig), ['a', 'a/b', 'a/b/config.json', 'c', 'c/d', 'c/d/config.json', 'c/d/notes', 'c/d/notes/x.txt']);
  await rig.root('/__resources/c/d', { method: 'DELETE' });
  assert.deepEqual(files(rig), ['a', 'a/b', 'a/b/config.json']);
  assert.equal(((await rig.ask('/a/b')).json as Any).greeting, 'b');
}, { types }));

test('an instance may be renamed into its own folder; what cannot be moved stays where it was', () => withRig({ 'resources/a/config.json': { type: 'Greeter', greeting: 'a' }, 'resources/a/notes/x.txt': '', 'resources/b/notes/y.txt': '' }, async (rig) => {
  assert.equal((await rig.root('/__resources/a', { method: 'PUT', body: { id: 'b' } })).status, 400, 'its notes would lie in those of another');
  assert.deepEqual(files(rig), ['a', 'a/config.json', 'a/notes', 'a/notes/x.txt', 'b', 'b/notes', 'b/notes/y.txt']);
  assert.equal((await rig.root('/__resources/a', { method: 'PUT', body: { id: 'a/old' } })).status, 200);
  assert.deepEqual(files(rig), ['a', 'a/old', 'a/old/config.json', 'a/old/notes', 'a/old/notes/x.txt', 'b', 'b/notes', 'b/notes/y.txt']);
  assert.equal(((await rig.ask('/a/old')).json as Any).greeting, 'a');
}, { types }));

test('secrets are shown as a mask, and a mask that comes back keeps them', () => withRig({ 'resources/a/config.json': { type: 'Greeter', greeting: 'hi', apiKey: 'geheim' } }, async (rig) => {
  const shown = (await rig.root('/__resources/a')).json as Any;
  assert.equal(shown.apiKey, '********');
  await rig.root('/__resources/a', { method: 'PUT', body: { ...shown, greeting: 'ho' } });
  assert.deepEqual(JSON.parse(fs.readFileSync(path.join(rig.dir, 'resources/a/config.json'), 'utf8')), { type: 'Greeter', greeting: 'ho', apiKey: 'geheim' });
}, { types }));

test('one bad instance says why; the others are served', () => withRig({
  'resources/good/config.json': { type: 'Greeter', greeting: 'hi' }, 'resources/unknown/config.json': { type: 'Gretter' }, 'resources/broken/config.json': '{\n  "type": "Greeter",\n}', 'resources/none/config.json': '{}',
  'resources/wrong/config.json': { type: 'Greeter', greeting: 'x', times: [] }, 'resources/bang/config.json': { type: 'Greeter', greeting: 'explode' }, 'resources/list/config.json': '[]', 'resources/mistake/config.json': { type: 'Greeter', greeting: 'mistake' }, 'resources/b d/config.json': { type: 'Greeter', greeting: 'x' },
}, async ({ ask, root, log, resources }) => {
  assert.equal((await ask('/good')).status, 200);
  const list = await resources.list();
  const { mistake, ...reasons } = Object.fromEntries(list.map((r) => [r.id, r.reason]));
  assert.match(mistake ?? '', /^Cannot set properties of undefined \(setting 'here'\) \((?:file:\/\/)?\/.*admin\.test\.js:\d+:\d+\)$/, 'a mistake has its line');
  assert.deepEqual(reasons, {
    good: undefined, unknown: 'no type `Gretter` is loaded; did you mean `Greeter`?', broken: 'config.json: line 3, column 1: a comma before `}` is one too many', none: 'no `type` is named',
    wrong: '`times`: got [], wanted a number', bang: 'it exploded', list: 'config.json: wanted an object with `type`', 'b d': 'its folder has a name that cannot be in a URL: wanted letters, digits, - and _',
  });
  assert.equal(log.length, 8);
  assert.equal((await ask('/broken')).status, 404);
  // What was broken can be replaced.
  assert.equal((await root('/__resources/broken', { method: 'PUT', body: { type: 'Greeter', greeting: 'again' } })).status, 200);
  assert.equal(((await ask('/broken')).json as Any).greeting, 'again');
}, { types }));

test('a second type of a name is refused and both files are named (D7)', () => withRig({ 'resources/g/config.json': { type: 'Greeter', greeting: 'first' } }, async ({ resources, ask }) => {
  const second = { Greeter: class Greeter extends Resource {} }.Greeter;
  assert.throws(() => resources.registerType('modules/b.js', second), { code: 'RESOURCE', message: 'type Greeter of modules/b.js: modules/test.js defines a type of this name already, which stays' });
  assert.throws(() => resources.registerType('modules/c.js', { Event: class Event extends Resource {} }.Event), /a built-in type defines a type of this name already/);
  assert.throws(() => resources.registerType('modules/d.js', { Odd: class Odd extends Resource { static schema = 5; } }.Odd), /type Odd of modules\/d\.js: its schema: /);
  resources.registerType('modules/e.js', Resource);
  resources.registerType('modules/e.js', 5);
  assert.equal(((await ask('/g')).json as Any).greeting, 'first');
}, { types }));

test('types tell label, events, pages and form (D10)', () => {
  class Paged extends Resource {
    static label = 'Has Pages';
    static defaultPath = '/paged';
    static events = ['Get', 'Post'];
    static external = { go() { /* nothing */ } };
    static dashboard = { path: path.join(process.cwd(), 'src/host'), pages: ['extra'] };
    static basicDashboard = { settings: [{ name: 'size', type: 'numeric', description: 'How big' }, { name: 'text', type: 'textarea' }, { name: 'on', type: 'checkbox' }, { name: 'smtpPassword', type: 'text' }] };
  }
  return withRig({}, async ({ root, resources }) => {
    const view = ((await root('/__resources/types')).json as Any).Paged;
    assert.deepEqual([view.label, view.defaultPath, view.events, view.pages, view.dashboardPages, view.external, view.ownDashboard, view.from], ['Has Pages', '/paged', ['Get', 'Post'], ['Config', 'Events', 'Extra'], ['Config', 'Events', 'Extra'], ['go'], true, 'modules/test.js']);
    assert.deepEqual(view.form.map((f: Any) => [f.name, f.type, f.widget, f.description]), [['size', 'number', 'number', 'How big'], ['text', 'string', 'textarea', ''], ['on', 'boolean', 'checkbox', ''], ['smtpPassword', 'string', 'password', '']]);
    assert.deepEqual(view.schema.properties.size, { type: 'number', description: 'How big' });
    assert.ok(resources.dashboardFile('Paged', 'views.ts')?.endsWith('/src/host/views.ts'));
    for (const name of ['../base/errors.ts', 'nothing.js', '', '.', '/etc/passwd', '\0']) assert.equal(resources.dashboardFile('Paged', name), undefined, name);
    assert.equal(resources.dashboardFile('Event', 'x'), undefined);
  }, { types: [Paged, ...types] });
});

test('another process of the host sees what was written here', () => withRig({ 'resources/a/config.json': { type: 'Event' }, 'resources/a/get.js': 'setResult("one")' }, async (one) => {
  await withRig({}, async (two) => {
    fs.rmSync(path.join(two.dir, 'resources'), { recursive: true, force: true });
    fs.symlinkSync(path.join(one.dir, 'resources'), path.join(two.dir, 'resources'));
    assert.equal((await two.ask('/a')).body, 'one');
    await one.root('/__resources/a/get.js', { method: 'POST', body: { value: 'setResult("two")' } });
    await waitFor('the second process answers anew', async () => (await two.ask('/a')).body === 'two', 5000);
  }, { dataDir: () => one.data });
}));
