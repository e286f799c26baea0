/** What a program tells about itself (PM2's axm messages, pm2-facts 4): kept for lists and dashboards, never acted on. */
export class Telemetry {
  #actions: Readonly<Record<string, unknown>>[] = [];
  #metrics: Record<string, Readonly<Record<string, unknown>>> = {};
  #options: Record<string, unknown> = {};
  nodeVersion: string | undefined;

  /** Actions and metrics belong to a run. */
  newRun(): void {
    this.#actions = [];
    this.#metrics = {};
    this.#options = {};
  }

  get actions(): readonly Readonly<Record<string, unknown>>[] { return this.#actions; }
  get metrics(): Readonly<Record<string, Readonly<Record<string, unknown>>>> { return this.#metrics; }
  get options(): Readonly<Record<string, unknown>> { return this.#options; }

  addAction(action: Readonly<Record<string, unknown>>): void {
    const name = action['action_name'];
    if (!this.#actions.some((a) => a['action_name'] === name) && this.#actions.length < MOST) this.#actions.push(action);
  }

  setMetrics(data: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(data)) {
      if (!(name in this.#metrics) && Object.keys(this.#metrics).length >= MOST) continue;
      // Old clients send the bare value.
      this.#metrics[name] = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { value };
    }
  }

  setOptions(data: Readonly<Record<string, unknown>>): void { Object.assign(this.#options, data); }
}

/** A program that invents names must not fill the daemon. */
const MOST = 500;
