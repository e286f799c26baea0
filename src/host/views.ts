/** Plain records that a host tells of itself: to `mgr host`, the dashboard and `/__resources`. JSON goes through unchanged. */

/** One field of the form that makes an instance of a type. */
export interface FormField {
  readonly name: string;
  /** `string`, `number`, `boolean`, `object`, …, or the members of an enum: `info|debug`. */
  readonly type: string;
  /** How to ask for it. `password`: never shown again. */
  readonly widget: 'text' | 'textarea' | 'number' | 'checkbox' | 'select' | 'password' | 'json';
  readonly description: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly choices?: readonly unknown[];
}

/** A resource type: what an instance in `resources/<path>/config.json` may name as its `type`. */
export interface TypeView {
  readonly type: string;
  /** For menus. */
  readonly label: string;
  /** Where a first instance would stand: `/sum`. */
  readonly defaultPath: string;
  /** Names of the scripts it runs, as the author wrote them; the file is the name in lower case with `.js`. */
  readonly events: readonly string[];
  /** Functions that are reachable over HTTP: `/<resource>/<function>`. */
  readonly external: readonly string[];
  /** Pages of the dashboard: `Config`, `Events`, then those of the type's own `dashboard.pages`. */
  readonly pages: readonly string[];
  /** The type brings a folder with pages of its own (`dashboardFile`). */
  readonly ownDashboard: boolean;
  readonly form: readonly FormField[];
  /** JSON Schema of the configuration. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The file it came from; `built in` for ours. */
  readonly from: string;
}

/** An instance. */
export interface ResourceView {
  /** Its path below `resources/` and in the URL, without the first slash. */
  readonly id: string;
  readonly path: string;
  /** As the file says, known or not; empty when it says nothing. */
  readonly type: string;
  readonly state: 'online' | 'errored';
  /** Why it is not served. */
  readonly reason?: string;
  /** The configuration, secrets masked. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Other files of its folder, event scripts among them. */
  readonly files: readonly string[];
  /** Event scripts that cannot be compiled: file -> what is wrong, with the line. */
  readonly faults: Readonly<Record<string, string>>;
}

/** One instance with the text of its scripts. */
export interface ResourceDetail extends ResourceView {
  /** File -> text. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** A drop-in or a package of the host's folder. */
export interface ModuleRow {
  /** Below the host's folder: `modules/hits.js`, or the name of a package: `dpd-event`. */
  readonly file: string;
  /** `isolated`: it runs in a host of its own, `<host>:<module>`. */
  readonly state: 'loaded' | 'errored' | 'quarantined' | 'isolated';
  /** Why, unless it is loaded: the message, and the line of the module where it can be told. */
  readonly reason?: string;
  /** What loading it took. */
  readonly ms: number;
}
