/**
 * Theory of operation. A module that declares `mgr.permissions` is not given the home's sockets but two of its own, in a
 * folder of its own (`PM2_HOME` and `MGR_DOOR` name it): whatever comes in there has just those rights, a copy of pm2 that
 * the module brings along as well as our own API and the command line. So the socket is the token: a word in a call could
 * be left out, and PM2's clients have none to say.
 *
 * What it protects from: mistakes, and dependencies that use the manager as they find it. All of them run as the same user:
 * who knows the home's path and wants to can connect to the home's own socket. In a sandbox without `network`, `read` and
 * `control`, on a Node that knows of connections (25 and later), it cannot; see supervisor/launch/sandbox.ts.
 */
import fs from 'node:fs';
import path from 'node:path';
import { MgrError } from '../base/errors.js';
import { moduleData, moduleDoor } from '../base/module-door.js';
import type { Home } from '../base/paths.js';
import type { AppSpec } from '../config/spec.js';
import type { Bus } from '../rpc/bus.js';
import { type RpcServer, type ServeOptions, serve } from '../rpc/server.js';
import { type Grant, grantedHandlers, grantedLegacy } from './grants.js';

export interface DoorsOptions extends ServeOptions {
  /** Told of the first refusal of each call: the module's copy of pm2 may keep it to itself. */
  readonly say: (text: string) => void;
  readonly home: Home;
  readonly bus: Bus;
}

interface Door { grant: Grant; readonly server: RpcServer; readonly news: { close(): Promise<void> } }

export class Doors {
  readonly #o: DoorsOptions;
  readonly #doors = new Map<string, Promise<Door>>();

  constructor(options: DoorsOptions) { this.#o = options; }

  /** Opens what the modules among these need, before they start. Those of others stay as they are. Throws HOME_TOO_LONG. */
  async open(specs: Iterable<AppSpec>): Promise<void> {
    for (const { module, guard } of specs) {
      if (module === undefined || guard === undefined) continue;
      const grant = { module, rights: guard.rights };
      // The sandbox knows a folder only that is there when it begins.
      fs.mkdirSync(moduleData(this.#o.home.dir, module), { recursive: true, mode: 0o700 });
      const open = this.#doors.get(module);
      if (open !== undefined) {
        const door = await open;
        if (reads(door.grant) === reads(grant)) { door.grant = grant; continue; }
        await this.shut(module);
      }
      const opening = this.#open(grant);
      this.#doors.set(module, opening);
      await opening.catch((e: unknown) => { this.#doors.delete(module); throw e; });
    }
  }

  /** A module that is gone, or declares nothing any more. */
  async shut(module: string): Promise<void> {
    const door = await this.#doors.get(module);
    this.#doors.delete(module);
    await Promise.all([door?.server.close(), door?.news.close()]);
    fs.rmSync(moduleDoor(this.#o.home.dir, module), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#doors.values()].map(async (opening) => {
      const door = await opening.catch(() => undefined); // who opened it was told
      await Promise.all([door?.server.close(), door?.news.close()]);
    }));
  }

  async #open(grant: Grant): Promise<Door> {
    const { home, bus, methods, legacy, say, ...how } = this.#o;
    const told = new Set<string>();
    const onRefused = (method: string, text: string): void => { if (told.size < 50 && told.size < told.add(method).size) say(text); };
    const dir = moduleDoor(home.dir, grant.module);
    const socket = path.join(dir, 'rpc.sock');
    const max = process.platform === 'linux' ? 107 : 103;
    if (Buffer.byteLength(socket) > max) throw new MgrError('HOME_TOO_LONG', { home: home.dir, length: Buffer.byteLength(home.dir), max: max - (Buffer.byteLength(socket) - Buffer.byteLength(home.dir)) });
    // It may be there, and used by a program that runs.
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Where PM2's modules look for logs.
    for (const [name, to] of [['logs', home.logs], ['pm2.log', home.daemonLog]] as const) {
      const link = path.join(dir, name);
      // Where there was none, a copy of pm2 has made a folder.
      fs.rmSync(link, { recursive: true, force: true });
      if (reads(grant)) fs.symlinkSync(to, link);
    }
    let door: Door | undefined;
    const now = (): Grant => door?.grant ?? grant;
    const news = await bus.also(path.join(dir, 'pub.sock'), !reads(grant));
    try {
      const server = await serve(socket, { methods: grantedHandlers(methods, now, onRefused), ...(legacy && { legacy: grantedLegacy(legacy, now, onRefused) }), ...how });
      return door = { grant, server, news };
    } catch (e) {
      await news.close();
      throw e;
    }
  }
}

const reads = ({ rights }: Grant): boolean => rights.includes('read') || rights.includes('control');
