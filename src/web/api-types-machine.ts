/** Records of the HTTP API: the machine, the daemon, the past. Types only. */
import type { DaemonView } from '../protocol/views.js';

/** The machine at this moment. The names are those of its history. */
export interface MachineNow {
  readonly at: number;
  /** Percent of all cores together, 0 to 100. */
  readonly cpu: number;
  /** Average of a minute. */
  readonly load: number;
  /** Bytes in use: not free and no cache. */
  readonly memory: number;
  readonly swap: number;
  /** Bytes in use on the file system of the home. */
  readonly disk: number;
  /** Bytes a second; undefined where the system does not tell. */
  readonly diskRead?: number;
  readonly diskWrite?: number;
  readonly netIn?: number;
  readonly netOut?: number;
  /** The daemon's own: percent of a core, bytes. In events and the history, while it is there. */
  readonly daemonCpu?: number;
  readonly daemonMemory?: number;
}
export interface MachineView {
  readonly hostname: string;
  readonly os: string;
  readonly arch: string;
  readonly cpus: number;
  readonly cpuModel: string;
  /** Bytes. */
  readonly memoryTotal: number;
  readonly swapTotal: number;
  readonly diskTotal: number;
  /** The file system of the home is mounted there. */
  readonly diskPath: string;
  /** Wall-clock ms. */
  readonly bootedAt: number;
  readonly now: MachineNow;
}

/** `state: gone`: the last thing known of it. */
export interface DaemonInfo extends Partial<DaemonView> {
  readonly state: 'up' | 'gone';
  readonly cpu?: number;
  readonly memory?: number;
  readonly processes?: number;
  /** This server. */
  readonly web: { readonly version: string; readonly pid: number; readonly startedAt: number; readonly memory: number; readonly watchers: number };
}

/** A past in columns: `values[i]` belongs to `at[i]`; null where nothing was measured. */
export interface HistoryView {
  /** ms between two points. */
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly at: readonly number[];
  readonly series: readonly HistorySeries[];
}
export interface HistorySeries {
  /** `cpu` (percent of a core), `memory` (bytes), `restarts`, `loop` (ms), `custom:<name>`; of the machine: see MachineNow. */
  readonly name: string;
  readonly unit?: string;
  readonly values: readonly (number | null)[];
}
/** Of one process of the target. */
export interface ProcessHistory extends HistoryView { readonly id: number; readonly name: string }
