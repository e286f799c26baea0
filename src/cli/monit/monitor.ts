import { deferred } from '../../base/deferred.js';
import type { Cli } from '../world.js';
import { compare } from '../../client/hello.js';
import { Feed } from './feed.js';
import { frame } from './frame.js';
import { press } from './keys.js';
import type { Effect, Key } from './keys.js';
import { LogBuffer } from './log-buffer.js';
import { LogFeed } from './log-feed.js';
import { newState, selectedOf, settled, targetOf, told, withList } from './model.js';
import type { Act, State } from './model.js';
import type { Screen, ScreenUser } from './terminal.js';

/** ms between two drawings for what comes by itself; a key is answered at once. */
const PACE = 100;
/** ms one has to stay on a program before its log is opened: running down the list asks for nothing. */
const LINGER = 120;

/** Holds the state, hears the screen and the daemon, draws. */
export class Monitor implements ScreenUser {
  readonly #cli: Cli;
  readonly #buffer = new LogBuffer();
  readonly #feed: Feed;
  readonly #log: LogFeed;
  readonly #done = deferred<void>();
  #screen: Screen | undefined;
  #state: State;
  #drawing: NodeJS.Timeout | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #lingering: NodeJS.Timeout | undefined;
  #shown: string | undefined;
  #rate = { came: 0, at: 0, value: 0 };

  constructor(cli: Cli, filter: string) {
    this.#cli = cli;
    this.#state = newState({ columns: 80, rows: 24, colour: cli.out.colour, now: cli.world.now(), filter });
    const fail = (e: unknown): void => this.#done.reject(e);
    this.#feed = new Feed(cli.world, cli.home, {
      list: (processes, daemon) => this.#heard(processes, daemon),
      detail: (detail) => this.#set({ ...this.#state, detail }),
      away: (away) => this.#set({ ...this.#state, away }),
      back: () => this.#log.revive(),
      fail,
    });
    this.#log = new LogFeed({
      world: cli.world, home: cli.home, buffer: this.#buffer, fail,
      files: (target) => this.#feed.call('logs.files', { targets: [target] }),
      changed: () => this.#soon(),
    });
  }

  /** Resolves when the user quits; rejects with a fault. */
  async run(open: (user: ScreenUser) => Screen): Promise<void> {
    const release = this.#cli.world.onInterrupt(() => this.#done.resolve());
    const screen = this.#screen = open(this);
    try {
      this.resized();
      this.#feed.run().catch((e: unknown) => this.#done.reject(e));
      await this.#done.promise;
    } finally {
      release();
      clearTimeout(this.#drawing);
      clearTimeout(this.#lingering);
      this.#feed.end();
      this.#log.end();
      screen.close();
    }
  }

  key(key: Key): void {
    try {
      this.#buffer.take();
      const { state, effect } = press({ ...this.#state, now: this.#cli.world.now() }, key, this.#buffer.lines);
      this.#set(state, true);
      if (effect) this.#do(effect);
    } catch (e) {
      this.#done.reject(e);
    }
  }

  paste(text: string): void {
    if (this.#state.mode.kind !== 'filter') return;
    const filter = (this.#state.filter + text.replace(/\p{C}/gu, '')).slice(0, 60);
    this.#set(settled({ ...this.#state, filter }, this.#state), true);
  }

  resized(): void {
    const { columns, rows } = this.#screen ?? this.#state;
    this.#screen?.forget();
    this.#set({ ...this.#state, columns, rows }, true);
  }

  gone(): void { this.#done.resolve(); }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'quit': this.#done.resolve(); return;
      case 'redraw': this.#screen?.forget(); this.#draw(); return;
      case 'suspend': this.#screen?.suspend(); return;
      case 'act': void this.#act(effect.act);
    }
  }

  async #act(act: Act): Promise<void> {
    this.#set(told(this.#state, `${act.verb} ${act.name} (${act.id}) …`, 'plain', 60_000), true);
    const { text, good } = await this.#feed.act(act);
    this.#set(told({ ...this.#state, now: this.#cli.world.now() }, text, good ? 'good' : 'bad', good ? 4000 : 15_000), true);
  }

  #heard(...[processes, daemon]: Parameters<ConstructorParameters<typeof Feed>[2]['list']>): void {
    const now = this.#cli.world.now();
    const first = this.#state.processes === undefined;
    this.#measure(now);
    let next = withList(this.#state, processes, daemon, now);
    const older = first ? compare(daemon) : undefined;
    if (older !== undefined) next = told(next, older, 'bad', 15_000);
    this.#set(next);
  }

  #measure(now: number): void {
    const { came, at } = this.#rate;
    const seconds = (now - at) / 1000;
    // Less is no rate; the list is sometimes asked for twice in a second.
    if (seconds >= 0.5) this.#rate = { came: this.#buffer.came, at: now, value: at === 0 ? 0 : Math.max(0, this.#buffer.came - came) / seconds };
  }

  #set(state: State, atOnce = false): void {
    this.#state = state;
    this.#follow();
    this.#buffer.held = state.place?.seq;
    if (atOnce) this.#draw();
    else this.#soon();
  }

  // The log and the detail of the one that is selected.
  #follow(): void {
    const v = selectedOf(this.#state);
    const target = v && targetOf(v, this.#state.processes ?? []);
    const whose = v && target !== undefined ? { id: v.id, target } : undefined;
    const key = whose ? `${whose.id} ${whose.target}` : '';
    if (key === this.#shown || this.#state.processes === undefined) return;
    const first = this.#shown === undefined;
    this.#shown = key;
    clearTimeout(this.#lingering);
    this.#log.show(undefined);
    this.#rate = { came: 0, at: 0, value: 0 };
    const open = (): void => {
      this.#feed.look(whose);
      this.#log.show(whose);
    };
    if (first) open();
    else this.#lingering = setTimeout(open, LINGER);
  }

  #soon(): void {
    this.#drawing ??= setTimeout(() => this.#draw(), Math.max(0, this.#drawnAt + PACE - performance.now()));
  }

  #draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#drawnAt = performance.now();
    try {
      this.#buffer.take();
      const { lines, skipped } = this.#buffer;
      this.#screen?.draw(frame(this.#state, { lines, skipped, rate: this.#rate.value, trouble: this.#log.trouble && 'not written' }));
    } catch (e) {
      this.#done.reject(e);
    }
  }
}
