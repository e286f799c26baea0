import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { tellingLine } from '../../src/supervisor/telling.js';

test('the line that says why a program ended', () => {
  assert.equal(tellingLine(['node:events:502', '      throw er;', 'Error: bind EINVAL', '    at x (a.js:1:2)', '', 'Node.js v20.20.2']), 'Error: bind EINVAL');
  assert.equal(tellingLine(['Traceback:', "ModuleNotFoundError: No module named 'x'"]), "ModuleNotFoundError: No module named 'x'");
  assert.equal(tellingLine(['one', 'two', '']), 'two');
  assert.equal(tellingLine([]), undefined);
});

test('of a port in use, who has it', async (t) => {
  const server = net.createServer();
  t.after(() => server.close());
  await new Promise<void>((r) => { server.listen(0, r); });
  const { port } = server.address() as net.AddressInfo;
  for (const line of [`Error: listen EADDRINUSE: address already in use :::${port}`, `Error: bind EADDRINUSE null:${port}`, `panic: listen tcp :${port}: bind: address already in use`]) {
    assert.match(tellingLine([line]) ?? '', new RegExp(`\\(held by .+, pid ${process.pid}\\)$`), line);
  }
  assert.equal(tellingLine(['OSError: [Errno 98] Address already in use']), 'OSError: [Errno 98] Address already in use');
  assert.equal(tellingLine([`Error: connect ECONNREFUSED 127.0.0.1:${port}`]), `Error: connect ECONNREFUSED 127.0.0.1:${port}`);
});
