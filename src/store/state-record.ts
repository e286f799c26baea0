import { MOST_EXITS, type ProcessRecord, type RecordPatch } from '../protocol/records.js';

/** The record with the patch laid over it. */
export function applied(record: ProcessRecord, patch: RecordPatch): ProcessRecord {
  const { exit, ...rest } = patch;
  const next: Record<string, unknown> = { ...record };
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) delete next[key]; else next[key] = value;
  }
  if (exit) next['exits'] = [...record.exits, exit].slice(-MOST_EXITS);
  return next as unknown as ProcessRecord;
}
