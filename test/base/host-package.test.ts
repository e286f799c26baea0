import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostSign } from '../../src/base/host-package.js';

test('what tells that a package is for a host', () => {
  const rows: [string, Record<string, unknown>, string, string | undefined][] = [
    ['left-pad', {}, 'module.exports = 1', undefined],
    ['dpd-event', {}, '', 'its name begins with dpd-'],
    ['@me/dpd-event', { bin: './x.js' }, '', 'its name begins with dpd-'],
    ['x', { keywords: ['dpdmodule'] }, '', 'its keyword is dpdmodule'],
    ['x', { keywords: ['mgr-module'] }, '', undefined],
    ['x', { mgr: { host: true }, apps: [] }, '', '`mgr.host` in its package.json'],
    ['x', {}, "const Resource = require('deployd/lib/resource');", 'it needs deployd/lib/resource'],
    ['x', {}, "import { Resource } from 'mgr/host';", 'it needs mgr/host'],
    ['x', { bin: './x.js' }, "import { Resource } from 'mgr/host';", undefined],
    ['x', {}, "import m from 'mgr/module'; // no mgr/host", undefined],
  ];
  for (const [name, pkg, source, wanted] of rows) assert.equal(hostSign(name, pkg, source), wanted, `${name} ${JSON.stringify(pkg)} ${source}`);
});
