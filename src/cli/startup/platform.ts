import { MgrError } from '../../base/errors.js';

export type Platform = 'systemd' | 'openrc' | 'launchd';

// PM2's words (pm2-facts 1.4), for what each means today.
const WORDS: Readonly<Record<string, Platform>> = {
  systemd: 'systemd', ubuntu: 'systemd', debian: 'systemd', centos: 'systemd', fedora: 'systemd', redhat: 'systemd', arch: 'systemd', oracle: 'systemd', amazon: 'systemd',
  openrc: 'openrc', gentoo: 'openrc', alpine: 'openrc',
  launchd: 'launchd', macos: 'launchd', darwin: 'launchd',
};

const COMMANDS: readonly (readonly [command: string, platform: Platform])[] = [['systemctl', 'systemd'], ['rc-update', 'openrc'], ['launchctl', 'launchd']];
const FIX = 'wanted: systemd, openrc or launchd. Elsewhere have your init run `<node> <mgr>/bin/daemon.js --unit` with MGR_HOME set, and restart it after status 75';

/** The init system by its word, else by the command that is there. Throws BAD_USAGE. */
export function platformOf(word: string | undefined, has: (command: string) => boolean): Platform {
  if (word !== undefined) {
    const named = WORDS[word.toLowerCase()];
    if (named === undefined) throw new MgrError('BAD_USAGE', { reason: `startup: got \`${word}\`, which is not supported`, fix: FIX });
    return named;
  }
  const found = COMMANDS.find(([command]) => has(command));
  if (!found) throw new MgrError('BAD_USAGE', { reason: 'startup: neither systemctl, rc-update nor launchctl is in PATH', fix: FIX });
  return found[1];
}
