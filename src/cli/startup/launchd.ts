import type { Plan, Service } from './service.js';

/**
 * Root's own runs from boot (LaunchDaemons), a user's from login (LaunchAgents, as PM2 has it).
 * AbandonProcessGroup: what outlives the daemon is not killed. `userHome`: undefined for root's.
 */
export function launchd(s: Service, userHome: string | undefined): Plan {
  const label = s.name.replace('-', '.');
  const file = userHome === undefined ? `/Library/LaunchDaemons/${label}.plist` : `${userHome}/Library/LaunchAgents/${label}.plist`;
  const words = [s.node, ...s.flags, `${s.bin}/daemon.js`, '--unit'].map((w) => `    <string>${xml(w)}</string>`).join('\n');
  return {
    file,
    mode: 0o644,
    text: `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xml(label)}</string>
${userHome === undefined ? `  <key>UserName</key>\n  <string>${xml(s.user)}</string>\n` : ''}  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>PATH</key>
    <string>${xml(s.path)}</string>
    <key>MGR_HOME</key>
    <string>${xml(s.home)}</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>1</integer>
  <key>AbandonProcessGroup</key>
  <true/>
</dict>
</plist>
`,
    on: [['launchctl', 'load', '-w', file]],
    off: [],
    gone: [['launchctl', 'remove', label]],
    then: [],
  };
}

const xml = (text: string): string => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c);
