/** The records of the HTTP API. Types only and nothing of Node's: the pages import them too. */
import type { EnvRow } from '../config/explain.js';
import type { AppSpec } from '../config/spec.js';
import type { ActionReply, DaemonView, ErrorRecord, ExitRecord, FormView, ModuleView, ProcessView } from '../protocol/views.js';
import type { FrameView, HostInfo, JobDetail, JobPage, JobView, ResourceDetail, ScheduleView, StoreView } from './api-types-host.js';
import type { DaemonInfo, HistoryView, MachineNow, MachineView, ProcessHistory } from './api-types-machine.js';

export type { ActionReply, DaemonView, EnvRow, ErrorRecord, ExitRecord, FormView, ModuleView, ProcessView };
export type { SettingRow, Status } from '../protocol/views.js';

/** Answer of every call that failed, with a status from 400 on. */
export interface Failure {
  readonly error: ErrorRecord & { /** What to do about it. */ readonly hint?: string };
}

/** Who asks, and what this server can do for him. */
export interface SessionView {
  readonly access: 'admin' | 'read';
  readonly version: string;
  readonly daemon: 'up' | 'gone';
  /** `reason`: why there is no history. */
  readonly history: { readonly usable: boolean; readonly reason?: string };
}

/** One custom metric, of the program's own making. */
export interface MetricView {
  readonly name: string;
  readonly value: number | string | boolean | null;
  readonly unit?: string;
  /** Its past is in `history` under `custom:<name>`. */
  readonly historic: boolean;
}

/** A remote action of a program. */
export interface ActionView {
  readonly name: string;
  readonly comment?: string;
  /** What to give: `<file> [lines]`. */
  readonly params?: string;
  /** It answers in parts. */
  readonly scoped: boolean;
}

/** Everything about one process. */
export interface ProcessInfo extends ProcessView {
  /** Why it is in this state, one sentence. */
  readonly reason: string;
  readonly exits: readonly ExitRecord[];
  readonly stderrTail: readonly string[];
  /** Values that look like secrets are masked, whoever asks. */
  readonly env: readonly EnvRow[];
  readonly actions: readonly ActionView[];
  readonly metrics: readonly MetricView[];
  /** What it was declared with, but for the variables. */
  readonly spec: Omit<AppSpec, 'env'>;
  readonly instance: number;
  readonly uniqueId: string;
  readonly createdAt: number;
  readonly outPath?: string;
  readonly errPath?: string;
  readonly logPath?: string;
  readonly pidPath: string;
  readonly nextRestart?: number;
  readonly nodeVersion?: string;
  readonly widget?: WidgetView;
}

/** What a module tells dashboards of its looks. */
export interface WidgetView {
  readonly type?: string;
  /** Colours: background, title and so on, as PM2's modules give them (up to four). */
  readonly theme: readonly string[];
  /** A path of this server or a `data:` address; an address outside this machine is left out. */
  readonly logo?: string;
  /** Pid of the program it looks after. */
  readonly pid?: number;
}

/** What a verb did. */
export interface Done {
  readonly processes: readonly ProcessView[];
  /** A word about it, e.g. why a reload was a restart. */
  readonly said?: string;
}

export interface LogLine {
  readonly id: number;
  readonly name: string;
  readonly stream: 'out' | 'err';
  /** Wall-clock ms, where it is known: lines of files without dates have none. */
  readonly at?: number;
  readonly text: string;
}
export interface LogPage {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** There are older ones that fit, or the search was ended at its bound. */
  readonly more: boolean;
}

/** An installed module with its processes and looks. */
export interface ModuleInfo extends ModuleView {
  readonly processes: readonly ProcessView[];
  readonly actions: readonly ActionView[];
  readonly metrics: readonly (MetricView & { readonly id: number })[];
  readonly widget?: WidgetView;
  readonly description?: string;
}

/** An install, update, rollback or removal: told as it goes on by the event `operation`. */
export interface Operation {
  readonly id: string;
  readonly kind: 'install' | 'update' | 'rollback' | 'uninstall';
  /** What was asked for: a module's name or spec. */
  readonly target: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: number;
  readonly endedAt?: number;
  /** What was said on the way, the latest last (at most 200). */
  readonly lines: readonly OperationLine[];
  /** Of the module that came of it. */
  readonly module?: string;
  readonly error?: Failure['error'];
}
export interface OperationLine { readonly at: number; readonly kind: 'progress' | 'warning'; readonly text: string }

/** What came of saving settings. All were saved, or none (then the answer is a Failure). */
export interface SettingsSaved {
  readonly keys: readonly { readonly key: string; readonly saved: true; /** `live`: taken over while running. */ readonly applied: 'live' | 'restarted' | 'stored' }[];
  readonly warnings: readonly string[];
  readonly form: FormView;
}

/** Event name -> data of `GET /api/events`. */
export interface LiveEvents {
  /** First whole (`full`), then what changed: `rows` by id, and ids that are no more. */
  readonly processes: { readonly full: boolean; readonly at: number; readonly rows: readonly ProcessView[]; readonly gone: readonly number[] };
  readonly machine: MachineNow;
  /** Custom metrics of the processes asked for by `?metrics=`. */
  readonly metrics: { readonly at: number; readonly processes: readonly { readonly id: number; readonly metrics: readonly MetricView[] }[] };
  /** Of the processes asked for by `?logs=`. `dropped`: so many lines are missing before these. */
  readonly log: { readonly lines: readonly LogLine[]; readonly dropped?: number };
  readonly operation: Operation;
  /** The set of modules changed: ask again. */
  readonly module: { readonly at: number };
  /** Jobs or schedules changed: ask again. */
  readonly jobs: { readonly at: number };
  readonly daemon: { readonly state: 'up' | 'gone' | 'back'; readonly at: number };
}
export type LiveEvent = keyof LiveEvents;

/** Names of the answers, as the route table and the OpenAPI document use them. */
export interface Records {
  readonly SessionView: SessionView;
  readonly ProcessView: ProcessView;
  readonly ProcessInfo: ProcessInfo;
  readonly ProcessHistory: ProcessHistory;
  readonly Done: Done;
  readonly ActionReply: ActionReply;
  readonly LogPage: LogPage;
  readonly ModuleInfo: ModuleInfo;
  readonly Operation: Operation;
  readonly FormView: FormView;
  readonly SettingsSaved: SettingsSaved;
  readonly HostInfo: HostInfo;
  readonly ResourceDetail: ResourceDetail;
  readonly FrameView: FrameView;
  readonly JobPage: JobPage;
  readonly JobView: JobView;
  readonly JobDetail: JobDetail;
  readonly ScheduleView: ScheduleView;
  readonly StoreView: StoreView;
  readonly MachineView: MachineView;
  readonly HistoryView: HistoryView;
  readonly DaemonInfo: DaemonInfo;
}
