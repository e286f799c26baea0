import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../../base/errors.js';
import type { DoorRecord } from '../../protocol/records.js';

/**
 * The way to the daemon for programs that run as another user than it. The home is 0700 and stays so: nobody is let in
 * by a path. Such a program inherits one descriptor instead, of a folder inside the home, and finds below
 * /proc/self/fd/3 its user's socket and its own note; the descriptor outlives the daemon, so both work for the next one.
 *
 * What the descriptor is good for: it is O_PATH, so the folder cannot be listed by it; the folder is the daemon's and
 * 0711, so nothing can be made, removed or replaced in it, and what the daemon finds there is its own; its parent cannot
 * be entered from it. A socket belongs to the user (0600), so the kernel keeps other users out; a note too.
 * Linux only: elsewhere no path leads through a descriptor.
 */
export class Door {
  readonly #dir: string;
  readonly #own: number;
  readonly #fd: number;

  private constructor(dir: string, own: number, fd: number) {
    this.#dir = dir;
    this.#own = own;
    this.#fd = fd;
  }

  /** Undefined where no program can run as another user. Throws what is wrong with the folder. */
  static open(dir: string, own: number | undefined): Door | undefined {
    if (own !== 0 || process.platform !== 'linux') return undefined;
    // Whoever can replace the folder could let root give away files of his choice.
    refuseUnsafe(fs.lstatSync(path.dirname(dir)), path.dirname(dir), own);
    try { fs.mkdirSync(dir, { mode: 0o711 }); } catch (e) { if (errno(e) !== 'EEXIST') throw e; }
    const fd = fs.openSync(dir, O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
    try {
      refuseUnsafe(fs.fstatSync(fd), dir, own);
      fs.chmodSync(`/proc/self/fd/${fd}`, 0o711); // the umask may have taken something
      return new Door(dir, own, fd);
    } catch (e) {
      fs.closeSync(fd);
      throw e;
    }
  }

  /** To be inherited as descriptor 3. */
  get fd(): number { return this.#fd; }

  /** Does a program of this user need it? */
  isFor(uid: number | undefined): uid is number { return uid !== undefined && uid !== this.#own; }

  /** A user's socket, as the daemon binds it: by the descriptor, whatever the length of the home's path. */
  socket(uid: number): string { return `/proc/self/fd/${this.#fd}/${uid}`; }

  /** The note is made for the program, which may make no file here. */
  makeNote(door: DoorRecord): void {
    const fd = fs.openSync(path.join(this.#dir, door.note), 'wx', 0o600);
    try { fs.fchownSync(fd, door.uid, 0); } finally { fs.closeSync(fd); }
  }

  removeNote(door: DoorRecord): void { fs.rmSync(path.join(this.#dir, door.note), { force: true }); }

  /** Removes what earlier daemons left, sockets too, but the notes in use. */
  sweep(inUse: ReadonlySet<string>): void {
    for (const name of fs.readdirSync(this.#dir)) if (!inUse.has(name)) fs.rmSync(path.join(this.#dir, name), { recursive: true, force: true });
  }

  close(): void { fs.closeSync(this.#fd); }
}

/** Where the program finds a socket or a note. */
export function insideDoor(name: string, fd = 3): string { return `/proc/self/fd/${fd}/${name}`; }

/** Linux, all architectures Node runs on; node:constants lacks it. */
const O_PATH = 0o10000000;

function refuseUnsafe(stat: fs.Stats, dir: string, own: number): void {
  if (!stat.isDirectory()) throw new Error(`${dir} is no folder`);
  if (stat.uid !== own) throw new Error(`${dir} belongs to uid ${stat.uid}`);
  if ((stat.mode & 0o022) !== 0) throw new Error(`${dir} may be written by others`);
}
