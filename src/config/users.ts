import { MgrError } from '../base/errors.js';
import type { Probe } from './probe.js';

export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
  /** Undefined for a number that /etc/passwd does not know. */
  readonly user_home?: string;
  readonly username?: string;
}

/**
 * Looks a user and a group up in /etc/passwd and /etc/group. Without a group it is the user's own: a program that was
 * moved to a user must not keep the group of root. Throws BAD_USER.
 */
export function runAs(user: string | number | undefined, group: string | number | undefined, probe: Probe): RunAs {
  const passwd = user === undefined ? undefined : entry(probe, '/etc/passwd', user);
  if (user !== undefined && passwd === undefined && typeof user !== 'number') throw new MgrError('BAD_USER', { kind: 'user', value: user });
  const groupEntry = group === undefined ? undefined : entry(probe, '/etc/group', group);
  if (group !== undefined && groupEntry === undefined && typeof group !== 'number') throw new MgrError('BAD_USER', { kind: 'group', value: group });
  const uid = passwd ? Number(passwd[2]) : typeof user === 'number' ? user : undefined;
  const gid = groupEntry ? Number(groupEntry[2]) : typeof group === 'number' ? group : passwd ? Number(passwd[3]) : undefined;
  return {
    ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }),
    ...(passwd?.[5] ? { user_home: passwd[5] } : {}), ...(passwd?.[0] ? { username: passwd[0] } : {}),
  };
}

// Lines are name:x:number:…; a name may itself be digits, so the name is looked for first.
function entry(probe: Probe, file: string, key: string | number): string[] | undefined {
  const lines = (probe.text(file) ?? '').split('\n').map((l) => l.split(':'));
  return lines.find((l) => l[0] === String(key)) ?? lines.find((l) => l[2] === String(key));
}
