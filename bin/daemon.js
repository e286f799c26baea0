'use strict';
// What the guardian runs: `node daemon.js` with MGR_HOME set.
require('./mgr.js').run('daemon.cjs');
