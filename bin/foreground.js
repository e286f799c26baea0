'use strict';
// What bin/mgr-runtime, bin/mgr-dev and `mgr --no-daemon` run. Config files in JavaScript need import(), which a script from
// the compile cache (mgr.js) has not, so the bundle is loaded as it is.
require('../dist/foreground.cjs');
