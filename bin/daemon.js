'use strict';
// What the guardian runs: `node daemon.js` with MGR_HOME set.
require('./boot.js').run('daemon.cjs');
