#!/usr/bin/env node
'use strict';
require('./boot.js').run('cli.cjs');
