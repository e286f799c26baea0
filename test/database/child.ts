// A process of its own for the tests beside: `node child.js <what> <file>`; tells each step in a line.
import fs from 'node:fs';
import { openDatabase } from '../../src/database/database.js';
import { createStore } from '../../src/database/documents.js';

const [, , what = '', file = ''] = process.argv;
const say = (text: string): void => { fs.writeSync(1, `${text}\n`); };
const db = openDatabase(file, { warn: (text) => { say(`notice ${text}`); } });
const store = createStore(db, 'loop');

switch (what) {
  case 'insert': {
    // Without end: whoever started it kills it.
    for (let n = 0; ; n++) {
      const { id } = await store.insert({ n, pid: process.pid, fill: 'x'.repeat(n % 700), whole: true });
      say(id);
    }
  }
  case 'once':
    await store.insert({ pid: process.pid });
    say('done');
    break;
  case 'round':
    // A short transaction before what is left of the round before.
    db.all('PRAGMA wal_checkpoint(RESTART)');
    await store.insert({ id: 'last' });
    process.kill(process.pid, 'SIGKILL');
    break;
  case 'hold':
    // Stopped in the middle of a transaction, and told to go on later.
    db.transaction(() => {
      db.run('UPDATE doc_stores SET name = name');
      say('held');
      process.kill(process.pid, 'SIGSTOP');
    });
    say('let go');
    break;
  default: throw new Error(what);
}
db.close();
