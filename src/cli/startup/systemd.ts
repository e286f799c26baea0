import { HANDOVER_STATUS, USELESS_STATUS } from '../../base/exit-status.js';
import type { Plan, Service } from './service.js';

/**
 * Type=exec with the daemon itself in the foreground: systemd restarts what crashes, no guardian beside it.
 * KillMode=process: a stop signals the daemon alone, which stops the programs for `systemctl stop` and a shutdown and
 * leaves them to its successor for `systemctl restart`. Which it is only the list of jobs tells, and only root may read
 * that on a machine without D-Bus: so ExecStop looks as root (`+`), with the system's own programs and nothing of the
 * user's, and leaves a mark that daemon/unit.ts finds.
 * OOMPolicy=continue: a program that the kernel kills for its memory must not end the unit.
 */
export function systemd(s: Service): Plan {
  const unit = `${s.name}.service`;
  const wanted = s.waitIp ? 'Wants=network-online.target\nAfter=network-online.target' : 'After=network.target';
  return {
    file: `/etc/systemd/system/${unit}`,
    mode: 0o644,
    text: `[Unit]
Description=mgr, the process manager of ${escaped(s.user)}
${wanted}
StartLimitIntervalSec=0

[Service]
Type=exec
User=${escaped(s.user)}
Environment=${quoted(`PATH=${s.path}`)}
Environment=${quoted(`MGR_HOME=${s.home}`)}
Environment=MGR_UNIT_RESTART=/run/%N.restart
ExecStart=${line([s.node, ...s.flags, `${s.bin}/daemon.js`, '--unit'])}
ExecReload=${line([s.node, `${s.bin}/mgr.js`, 'reload', 'all'])}
ExecStop=+/bin/sh -c 'PATH=/usr/sbin:/usr/bin:/sbin:/bin; if systemctl list-jobs --no-legend --plain | grep -Eq " %n +(try-)?restart "; then : > /run/%N.restart; fi'
ExecStopPost=+/bin/sh -c 'PATH=/usr/sbin:/usr/bin:/sbin:/bin; rm -f /run/%N.restart'
KillMode=process
OOMPolicy=continue
Restart=on-failure
RestartSec=500ms
SuccessExitStatus=${HANDOVER_STATUS}
RestartForceExitStatus=${HANDOVER_STATUS}
RestartPreventExitStatus=${USELESS_STATUS}
LimitNOFILE=1048576
LimitNPROC=infinity
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`,
    on: [['systemctl', 'daemon-reload'], ['systemctl', 'enable', unit]],
    off: [['systemctl', 'disable', unit]],
    gone: [['systemctl', 'daemon-reload']],
    then: [`from the next boot on what runs is brought back; \`systemctl start ${unit}\` puts the daemon under systemd now and touches no program`],
  };
}

// systemd.syntax(7): a percent sign begins a specifier; in a command line a dollar sign begins a variable.
const escaped = (text: string): string => text.replaceAll('%', '%%');
const quoted = (text: string): string => `"${escaped(text).replace(/["\\]/g, (c) => `\\${c}`)}"`;
const line = (words: readonly string[]): string => words.map((w) => (/^[\w@/.:=,+-]+$/.test(w) ? w : quoted(w).replaceAll('$', '$$$$'))).join(' ');
