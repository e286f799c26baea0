import fs from 'node:fs';
import { showSize } from '../../base/units.js';
import { examine } from '../../database/backup.js';
import type { Cli } from '../world.js';
import type { Finding } from './finding.js';

/** Documents, jobs and history: does the file open, is it whole, how large is it. */
export function lookAtStore({ home }: Cli): readonly Finding[] {
  const file = home.database;
  const { bytes, fault, aside } = examine(file);
  const findings: Finding[] = [];
  if (fault !== undefined) findings.push({ about: 'store', state: fault.code === 'STORE_BUSY' ? 'look' : 'wrong', text: fault.message, ...(fault.hint !== undefined && { fix: fault.code === 'STORE_IO' ? 'make room, or check owner and mount; reads go on meanwhile' : fault.hint }) });
  else if (bytes === undefined) findings.push({ about: 'store', state: 'ok', text: 'nothing was stored yet' });
  else findings.push({ about: 'store', state: 'ok', text: `${file}, ${showSize(bytes)}, whole` });
  const mode = fs.statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) findings.push({ about: 'store', state: 'wrong', text: `${file} has mode ${(mode & 0o777).toString(8)}: others can read it`, fix: `chmod 600 ${file}*` });
  if (aside.length > 0) findings.push({ about: 'store', state: 'look', text: `set aside earlier because of damage: ${aside.join(', ')}`, fix: 'what can be read of it: sqlite3 <file> .recover; then remove it' });
  return findings;
}
