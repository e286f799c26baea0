// Modules that were published for Deployd, unmodified (D6), on a local mail server; and what they may require.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import net from 'node:net';
import test from 'node:test';
import { installShims } from '../../../src/host/resources/shims.js';
import { isResourceType } from '../../../src/host/resources/types.js';
import { withRig } from './rig.js';

installShims();
// From the root of the repository: that is where they are installed.
const need = createRequire(`${process.cwd()}/x.js`);

interface Mail { readonly from: string; readonly to: readonly string[]; readonly data: string }

async function withMailServer(body: (port: number, mails: readonly Mail[]) => Promise<void>): Promise<void> {
  const mails: Mail[] = [];
  const server = net.createServer((socket) => {
    let from = '';
    let to: string[] = [];
    let data: string | undefined;
    let rest = '';
    socket.setEncoding('utf8').on('error', () => undefined).write('220 local\r\n');
    socket.on('data', (text: string) => {
      rest += text;
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data !== undefined) {
          if (line === '.') { mails.push({ from, to, data }); data = undefined; to = []; socket.write('250 taken\r\n'); } else data += `${line}\n`;
        } else if (/^DATA/i.test(line)) { data = ''; socket.write('354 go on\r\n'); } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
        else {
          if (/^MAIL/i.test(line)) from = /<(.*)>/.exec(line)?.[1] ?? '';
          if (/^RCPT/i.test(line)) to.push(/<(.*)>/.exec(line)?.[1] ?? '');
          socket.write('250 ok\r\n');
        }
      }
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await body((server.address() as net.AddressInfo).port, mails);
  } finally {
    await new Promise((resolve) => { server.close(resolve); });
  }
}

test('dpd-event 1.1.2', () => {
  const type: unknown = need('dpd-event');
  assert.ok(isResourceType(type));
  return withRig({
    'resources/sum/config.json': { type: 'EventResource' },
    'resources/sum/get.js': 'setResult(Number(query.a) + Number(query.b));',
    'resources/sum/post.js': 'if (!body.a) cancel("a is needed", 422);\nsetHeader("X-Own", getHeader("x-asked"));\nsetResult({ sum: body.a + body.b, parts: parts, url: url });',
    'resources/add-all/config.json': { type: 'EventResource' },
    'resources/add-all/get.js': 'dpd.sum.post("x/y", { a: 1, b: 2 }, function (r, e) { setResult(e || r); });',
  }, async ({ ask, resources }) => {
    const got = await ask('/sum?a=2&b=5');
    assert.deepEqual([got.status, got.body], [200, '7']);
    assert.deepEqual((await ask('/sum', { method: 'POST', body: {} })).json, { message: 'a is needed', statusCode: 422, status: 422 });
    const posted = await ask('/sum/12', { method: 'POST', body: { a: 1, b: 2 }, headers: { 'x-asked': 'yes' } });
    assert.deepEqual([posted.json, posted.headers['x-own']], [{ sum: 3, parts: ['12'], url: '/12' }, 'yes']);
    assert.equal((await ask('/sum', { method: 'DELETE' })).status, 404);
    assert.deepEqual((await ask('/add-all')).json, { sum: 3, parts: ['x', 'y'], url: '/x/y' });
    const view = resources.types().find((t) => t.type === 'EventResource');
    assert.deepEqual([view?.label, view?.events, view?.pages, view?.defaultPath], ['Event', ['get', 'post', 'put', 'delete'], ['Config', 'Events'], '/event']);
  }, { types: [type] });
});

test('dpd-email 0.3.0 sends by its own form of settings', () => withMailServer((mailPort, mails) => {
  const type: unknown = need('dpd-email');
  const config = { type: 'Email', host: '127.0.0.1', port: String(mailPort), username: '', password: 'geheim', defaultFromAddress: 'me@here.example', ssl: false };
  return withRig({
    'resources/email/config.json': config,
    'resources/private/config.json': { ...config, internalOnly: true },
    'resources/ask/config.json': { type: 'Event' },
    'resources/ask/post.js': 'dpd.private.post({ to: body.to, subject: "inside", text: "hello" }, function (r, e) { setResult(e || "sent"); });',
  }, async ({ ask, resources }) => {
    const sent = await ask('/email', { method: 'POST', body: { to: 'you@there.example', subject: ' hi ', html: '<b>bold</b>' } });
    assert.equal(sent.status, 200, sent.body);
    assert.deepEqual([mails[0]?.from, mails[0]?.to], ['me@here.example', ['you@there.example']]);
    assert.match(mails[0]?.data ?? '', /Subject: hi\n/);
    assert.deepEqual((await ask('/email', { method: 'POST', body: {} })).json, { errors: { to: "'to' is required", text: "'text' or 'html' is required" }, statusCode: 400, status: 400 });
    assert.equal((await ask('/private', { method: 'POST', body: { to: 'x@y.example', text: 'x' } })).status, 403);
    assert.equal((await ask('/ask', { method: 'POST', body: { to: 'third@there.example' } })).body, 'sent');
    assert.deepEqual(mails[1]?.to, ['third@there.example']);
    const form = resources.types().find((t) => t.type === 'Email')?.form ?? [];
    assert.deepEqual(form.slice(0, 5).map((f) => [f.name, f.type, f.widget]), [['host', 'string', 'text'], ['port', 'number', 'number'], ['ssl', 'boolean', 'checkbox'], ['username', 'string', 'text'], ['password', 'string', 'password']]);
    assert.equal((await resources.get('email'))?.config['password'], '********');
  }, { types: [type] });
}));

test('what modules require of deployd is there', () => {
  assert.equal((need('deployd/lib/resource.js') as { prototype: { __resource__: boolean } }).prototype.__resource__, true);
  const { run } = (need('deployd/lib/script') as { prototype: { run: unknown } }).prototype;
  assert.equal(typeof run, 'function');
  assert.deepEqual((need('deployd/lib/util/http') as { parseQuery: (u: string) => unknown }).parseQuery('/x?a=1'), { a: '1' });
  assert.throws(() => need('deployd/lib/nothing') as unknown, { code: 'MODULE_NOT_FOUND' });
  return withRig({ 'resources/s/config.json': { type: 'Event' }, 'resources/s/get.js': 'this.root = isRoot' }, async ({ server }) => {
    const dpd = (need('deployd/lib/internal-client') as { build: (s: unknown) => { s: { get: () => Promise<unknown> } } }).build(server);
    assert.deepEqual(await dpd.s.get(), { root: true });
    const types = await new Promise<object>((resolve) => { (need('deployd/lib/type-loader') as (f: string, d: (a: object, b: object) => void) => void)('.', (a, b) => resolve({ ...a, ...b })); });
    assert.ok('Collection' in types);
  });
});
