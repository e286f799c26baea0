import { shellWord } from '../../base/shell.js';
import type { Plan, Service } from './service.js';

/** Under OpenRC our guardian restarts the daemon: supervise-daemon would also restart one that was told to end. */
export function openrc(s: Service): Plan {
  const restart = `/run/${s.name}.restart`;
  const args = [`${s.bin}/guardian.sh`, s.node, ...s.flags, `${s.bin}/daemon.js`, '--unit'].map(shellWord).join(' ');
  return {
    file: `/etc/init.d/${s.name}`,
    mode: 0o755,
    text: `#!/sbin/openrc-run
# The process manager of ${s.user}. A restart of this service touches no program; a stop stops them.
description=${shellWord(`mgr, the process manager of ${s.user}`)}
command=/bin/sh
command_args=${shellWord(args)}
command_user=${shellWord(s.user)}
command_background=yes
pidfile=${shellWord(`/run/${s.name}.pid`)}
retry=TERM/90/KILL/5
export PATH=${shellWord(s.path)}
export MGR_HOME=${shellWord(s.home)}
# The daemon looks whether this file is there when it is told to end.
export MGR_UNIT_RESTART=${shellWord(restart)}

depend() {
	need localmount
	${s.waitIp ? 'need net' : 'use net'}
}

stop_pre() {
	if [ "$RC_CMD" = restart ]; then : > "$MGR_UNIT_RESTART"; fi
}

stop_post() {
	rm -f "$MGR_UNIT_RESTART"
}
`,
    on: [['rc-update', 'add', s.name, 'default']],
    off: [['rc-update', 'del', s.name, 'default']],
    gone: [],
    then: [`from the next boot on what runs is brought back; \`rc-service ${s.name} start\` puts the daemon under OpenRC now and touches no program`],
  };
}
