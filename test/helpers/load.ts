import http from 'node:http';
import net from 'node:net';

export interface Load { readonly ok: number; readonly failures: readonly string[]; readonly answers: ReadonlyMap<string, number> }

/** A bounded load on a server of ours: some callers keep their connection, some make one each time, one asks what is slow. */
export class Generator {
  readonly #where: http.RequestOptions;
  readonly #keeping = new http.Agent({ keepAlive: true, maxSockets: 4 });
  readonly #failures: string[] = [];
  readonly #answers = new Map<string, number>();
  #going = true;
  readonly #callers: Promise<void>[];

  /** `slow`: a path that takes its time; undefined: none is asked for. */
  constructor(where: { readonly port: number } | { readonly socketPath: string }, slow?: string) {
    this.#where = { host: '127.0.0.1', ...where };
    this.#callers = [
      ...Array.from({ length: 4 }, () => this.#call(this.#keeping, '/', 3)), ...Array.from({ length: 2 }, () => this.#call(undefined, '/', 5)),
      ...(slow === undefined ? [] : [this.#call(this.#keeping, slow, 1), this.#call(undefined, slow, 1)]),
    ];
  }

  get failures(): readonly string[] { return this.#failures; }

  /** Resolves when the last answer came. */
  async stop(): Promise<Load> {
    this.#going = false;
    await Promise.all(this.#callers);
    this.#keeping.destroy();
    return { ok: [...this.#answers.values()].reduce((a, b) => a + b, 0), failures: this.#failures, answers: this.#answers };
  }

  async #call(agent: http.Agent | undefined, path: string, gap: number): Promise<void> {
    while (this.#going) {
      try {
        const text = await ask({ ...this.#where, path, ...(agent && { agent }) });
        this.#answers.set(text, (this.#answers.get(text) ?? 0) + 1);
      } catch (e) {
        this.#failures.push(`${path}: ${e instanceof Error ? `${String((e as NodeJS.ErrnoException).code)} ${e.message}` : String(e)}`);
      }
      await new Promise((r) => setTimeout(r, gap));
    }
  }
}

/** The text of one answer. Throws what went wrong, a status other than 200 too. */
export function ask(where: http.RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', timeout: 20_000, agent: false, ...where }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (d: string) => { text += d; }).on('error', reject)
        .on('end', () => { if (answer.statusCode === 200) resolve(text); else reject(new Error(`status ${answer.statusCode}`)); });
    }).on('timeout', function late(this: http.ClientRequest) { this.destroy(new Error('no answer in 20 s')); }).on('error', reject);
  });
}

/** A port nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject).listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
