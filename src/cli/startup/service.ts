/**
 * `mgr startup`: the daemon as a service of the system. Theory of operation: the service runs `bin/daemon.js --unit`
 * (daemon/unit.ts) in the foreground and ends nothing but that one process. Programs live in sessions of their own, so a
 * crash, an update or a restart of the service is for them what any death of the daemon is: nothing.
 * systemd.ts, openrc.ts and launchd.ts are texts made of these facts.
 */

/** What a service needs to know. All paths absolute. */
export interface Service {
  /** Of the unit, without an ending: `mgr-ann`. */
  readonly name: string;
  readonly user: string;
  /** MGR_HOME of the daemon. */
  readonly home: string;
  /** PATH of the daemon. */
  readonly path: string;
  readonly node: string;
  /** V8 options of the daemon. */
  readonly flags: readonly string[];
  /** Our bin folder. */
  readonly bin: string;
  /** Start after the network has an address. */
  readonly waitIp: boolean;
}

/** A file to write and the commands after it; `off`: the commands before the file is removed, `gone`: after it. */
export interface Plan {
  readonly file: string;
  readonly mode: number;
  readonly text: string;
  readonly on: readonly (readonly string[])[];
  readonly off: readonly (readonly string[])[];
  readonly gone: readonly (readonly string[])[];
  /** What to say when it stands. */
  readonly then: readonly string[];
}
