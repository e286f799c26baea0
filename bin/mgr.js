#!/usr/bin/env node
'use strict';
const { argv } = process;
// `--no-daemon` is no option of a command: it says where the daemon is. What follows `--` belongs to the started program.
const at = argv.indexOf('--no-daemon', 2);
const dashes = argv.indexOf('--', 2);
if (at > 0 && (dashes < 0 || at < dashes)) {
  argv.splice(at, 1);
  argv.splice(2, 0, 'no-daemon');
  require('./foreground.js');
} else require('./boot.js').run('cli.cjs');
