import fs from 'node:fs';
import path from 'node:path';
import { MgrError } from '../../base/errors.js';
import { showSize } from '../../base/units.js';
import { backupTo } from '../../database/backup.js';
import { openDatabase } from '../../database/database.js';
import { stamp } from '../render/log-line.js';
import type { Cli } from '../world.js';

/** `mgr host backup [file]`: documents, jobs and history in one file, while all of them are in use. */
export async function backupHost(cli: Cli, to: string | undefined): Promise<number> {
  const from = cli.home.database;
  if (!fs.existsSync(from)) throw new MgrError('FILE_NOT_FOUND', { file: from, fix: 'nothing was stored so far: there is nothing to copy' });
  const file = path.resolve(cli.world.cwd(), to ?? `store-${stamp(cli.world.now(), 'YYYYMMDD-HHmmss')}.db`);
  const db = openDatabase(from, { busyMs: 3000, warn: (text) => { cli.out.problem(`mgr: ${text}`); } });
  try {
    const { bytes } = backupTo(db, file);
    cli.out.done(`copied ${from} to ${file} (${showSize(bytes)})`);
    return 0;
  } finally {
    db.close();
  }
}
