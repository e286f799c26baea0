/**
 * What the daemon must know after a crash or a reboot: written on every change.
 *
 * Two files: `state.json` is a whole picture, `state.journal` holds one JSON line a change since. A line is appended
 * before the deed (a spawn) and after it (its pid): a write() of one line survives a SIGKILL of ours at any moment;
 * an fsync, at most 100 ms later, survives the machine. When the journal has grown, a new picture is written
 * (temp file, fsync, rename; the former picture is kept as .bak) and the journal starts anew.
 * Nothing is deleted that cannot be read: it is set aside and named in `notices`.
 */
import fs from 'node:fs';
import { errno, reasonOf } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import type { ProcessRecord, RecordPatch } from '../protocol/records.js';
import { applied } from './state-record.js';

const FORMAT = 1;
const SYNC_AFTER = 100;
const RETRY_AFTER = 1000;
const JOURNAL_MIN = 512 * 1024;

interface Picture { format: number; seq: number; nextId: number; ended: AppSpec[]; processes: ProcessRecord[] }
interface Line { s: number; id?: number; p?: Record<string, unknown>; put?: ProcessRecord; gone?: 1; ended?: AppSpec[] }

export interface StateFiles { readonly state: string; readonly journal: string }

export class StateStore {
  readonly #files: StateFiles;
  readonly #records = new Map<number, ProcessRecord>();
  readonly notices: string[] = [];
  #nextId = 0;
  #seq = 0;
  #ended: readonly AppSpec[] = [];
  #fd = -1;
  #bytes = 0;
  #pictureBytes = 0;
  #sync: NodeJS.Timeout | undefined;
  #compacting: string[] | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Why the last change is not on the disk, while that is so. */
  trouble: string | undefined;

  constructor(files: StateFiles) { this.#files = files; }

  /** Reads what is there. Call once, holding the home's lock. */
  open(): readonly ProcessRecord[] {
    const picture = this.#readPicture(this.#files.state) ?? this.#readPicture(`${this.#files.state}.bak`);
    if (picture) {
      this.#seq = picture.seq;
      this.#nextId = picture.nextId;
      this.#ended = picture.ended;
      for (const r of picture.processes) this.#records.set(r.id, r);
    }
    this.#replay();
    this.#fd = fs.openSync(this.#files.journal, 'a', 0o600);
    this.#bytes = fs.fstatSync(this.#fd).size;
    return [...this.#records.values()].sort((a, b) => a.id - b.id);
  }

  get records(): ReadonlyMap<number, ProcessRecord> { return this.#records; }

  /** Apps that ran when the former session ended in order (`kill`), for `resurrect`. */
  get ended(): readonly AppSpec[] { return this.#ended; }

  /** The next process id: never given twice, but to whom it belonged (`wish`) when nobody has it now. */
  takeId(wish?: number): number {
    const id = wish === undefined || this.#records.has(wish) ? this.#nextId : wish;
    this.#nextId = Math.max(this.#nextId, id + 1);
    return id;
  }

  put(record: ProcessRecord): void {
    this.#records.set(record.id, record);
    this.#append({ s: ++this.#seq, put: record });
  }

  patch(id: number, patch: RecordPatch): void {
    const record = this.#records.get(id);
    if (!record) return;
    this.#records.set(id, applied(record, patch));
    // JSON has no undefined: a removed key is written as null.
    const p = Object.fromEntries(Object.entries(patch).map(([k, v]) => [k, v === undefined ? null : v]));
    this.#append({ s: ++this.#seq, id, p });
  }

  remove(id: number): void {
    this.#records.delete(id);
    this.#append({ s: ++this.#seq, id, gone: 1 });
  }

  setEnded(apps: readonly AppSpec[]): void {
    this.#ended = apps;
    this.#append({ s: ++this.#seq, ended: [...apps] });
  }

  /** Everything to the disk now, as one picture. */
  close(): void {
    clearTimeout(this.#sync);
    clearTimeout(this.#retry);
    if (this.#fd < 0) return;
    fs.fsyncSync(this.#fd);
    fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  #append(line: Line): void {
    const text = `${JSON.stringify(line)}\n`;
    try {
      const wrote = fs.writeSync(this.#fd, text);
      if (wrote < Buffer.byteLength(text)) throw new Error('short write');
      this.#bytes += wrote;
      this.#compacting?.push(text);
    } catch (e) {
      this.#failed(e);
      return;
    }
    this.#sync ??= setTimeout(() => {
      this.#sync = undefined;
      // Durable against a power cut a little later; a failure here (full disk) shows at the next write.
      fs.fdatasync(this.#fd, () => {});
    }, SYNC_AFTER);
    if (this.#bytes > Math.max(JOURNAL_MIN, 2 * this.#pictureBytes) && !this.#compacting) this.#compact();
  }

  /** A full disk ends nobody: half a line is taken back, and a whole picture is tried until one succeeds. */
  #failed(e: unknown): void {
    try { fs.ftruncateSync(this.#fd, this.#bytes); } catch { /* the torn line is the last one, which the reader allows */ }
    this.trouble = `${this.#files.journal}: ${reasonOf(e)}`;
    this.#retry ??= setTimeout(() => { this.#retry = undefined; this.#compact(); }, RETRY_AFTER);
  }

  /** Asynchronous only for the fsync; lines written meanwhile open the new journal. */
  #compact(): void {
    const later: string[] = [];
    this.#compacting = later;
    const temp = `${this.#files.state}.tmp`;
    const picture: Picture = { format: FORMAT, seq: this.#seq, nextId: this.#nextId, ended: [...this.#ended], processes: [...this.#records.values()] };
    const text = JSON.stringify(picture);
    let fd: number;
    try {
      fd = fs.openSync(temp, 'w', 0o600);
      fs.writeFileSync(fd, text);
    } catch (e) {
      this.#compacting = undefined;
      this.#failed(e);
      return;
    }
    fs.fsync(fd, (error) => {
      fs.closeSync(fd);
      this.#compacting = undefined;
      if (this.#fd < 0) return; // closed meanwhile; the journal holds everything
      if (error) { this.#failed(error); return; }
      this.trouble = undefined;
      if (fs.existsSync(this.#files.state)) fs.renameSync(this.#files.state, `${this.#files.state}.bak`);
      fs.renameSync(temp, this.#files.state);
      // A kill between the two renames leaves lines the picture already holds: they are skipped by their number.
      const next = `${this.#files.journal}.tmp`;
      fs.writeFileSync(next, later.join(''), { mode: 0o600 });
      fs.renameSync(next, this.#files.journal);
      fs.closeSync(this.#fd);
      this.#fd = fs.openSync(this.#files.journal, 'a', 0o600);
      this.#bytes = fs.fstatSync(this.#fd).size;
      this.#pictureBytes = text.length;
    });
  }

  #readPicture(file: string): Picture | undefined {
    let text: string;
    try {
      text = fs.readFileSync(file, 'utf8');
    } catch (e) {
      if (errno(e) !== 'ENOENT') this.notices.push(`${file} cannot be read: ${reasonOf(e)}`);
      return undefined;
    }
    try {
      const value = JSON.parse(text) as Partial<Picture>;
      if (value.format !== FORMAT || typeof value.seq !== 'number' || typeof value.nextId !== 'number' || !Array.isArray(value.processes)) {
        throw new Error(`format ${String(value.format)}, wanted ${FORMAT}`);
      }
      this.#pictureBytes = text.length;
      return { format: FORMAT, seq: value.seq, nextId: value.nextId, ended: value.ended ?? [], processes: value.processes };
    } catch (e) {
      this.#setAside(file, reasonOf(e));
      return undefined;
    }
  }

  #replay(): void {
    let text: string;
    try {
      text = fs.readFileSync(this.#files.journal, 'utf8');
    } catch {
      return; // none yet
    }
    const lines = text.split('\n');
    const torn = lines.pop() ?? '';
    let good = 0;
    for (const line of lines) {
      try {
        this.#apply(JSON.parse(line) as Line);
        good += Buffer.byteLength(line) + 1;
      } catch (e) {
        this.#setAside(this.#files.journal, `line ${lines.indexOf(line) + 1}: ${reasonOf(e)}`);
        fs.writeFileSync(this.#files.journal, text.slice(0, good), { mode: 0o600 });
        return;
      }
    }
    // A line cut by a kill never was a change: its deed had not begun.
    if (torn !== '') fs.truncateSync(this.#files.journal, good);
  }

  #apply(line: Line): void {
    if (typeof line.s !== 'number') throw new Error('no number');
    if (line.s <= this.#seq) return;
    this.#seq = line.s;
    if (line.ended) this.#ended = line.ended;
    if (line.put) {
      this.#records.set(line.put.id, line.put);
      this.#nextId = Math.max(this.#nextId, line.put.id + 1);
    }
    if (line.id === undefined) return;
    if (line.gone) { this.#records.delete(line.id); return; }
    const record = this.#records.get(line.id);
    if (record && line.p) {
      this.#records.set(line.id, applied(record, Object.fromEntries(Object.entries(line.p).map(([k, v]) => [k, v === null ? undefined : v]))));
    }
  }

  #setAside(file: string, reason: string): void {
    const aside = `${file}.broken-${new Date(fs.statSync(file).mtimeMs).toISOString().replace(/[:.]/g, '-')}`;
    fs.copyFileSync(file, aside);
    fs.rmSync(file);
    this.notices.push(`${file} was not readable (${reason}); kept as ${aside}`);
  }
}
