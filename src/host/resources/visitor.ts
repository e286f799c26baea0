import type http from 'node:http';
import { SESSION_AGE, type Session as Kept, type Sessions } from '../sessions.js';
import type { Session } from './model.js';

export interface Visit {
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  readonly isRoot: boolean;
  readonly sessions: Pick<Sessions, 'find' | 'fresh'>;
  /** The store cannot tell, so he is taken for a new one; or it cannot keep what nobody waits for. */
  readonly report: (error: unknown) => void;
}

const SID = /^[0-9a-f]{64}$/;

/**
 * Who asks, by the cookie `sid` or `Authorization: Bearer <sid>`. The store is asked of those alone who bring one, and a
 * cookie is given to those alone of whom something is saved.
 */
export async function visitor({ req, res, isRoot, sessions, report }: Visit): Promise<Session> {
  const sid = cookieOf(req) ?? (isRoot ? undefined : bearerOf(req));
  let kept: Kept | undefined;
  try {
    kept = sid === undefined ? undefined : await sessions.find(sid);
  } catch (e) {
    report(e);
  }
  if (kept?.renewed === true) give(req, res, kept.sid);
  let own = kept;
  const mine = (): Kept => (own ??= sessions.fresh());
  const data = kept?.data ?? {};
  const session: Session = {
    isRoot, data,
    get sid() { return mine().sid; },
    isNew: () => own?.isNew() ?? true,
    set(values) { Object.assign(data, values); return session; },
    save(done) {
      const one = mine().set(data);
      // At once: a script does not wait for the store before it answers.
      if (one.isNew()) give(req, res, one.sid);
      return told(one.save().then(() => session), done, report);
    },
    remove(done) {
      const one = own;
      own = undefined;
      for (const key of Object.keys(data)) delete data[key];
      give(req, res, undefined);
      return told(Promise.resolve(one?.remove()), done, report);
    },
  };
  return session;
}

// As Deployd's: called back where there is somebody to call, else a promise. A script that waits for neither must not end the host
// when the store is busy: to the log with it then.
function told<T>(work: Promise<T>, done: ((error?: unknown, result?: unknown) => void) | undefined, report: (error: unknown) => void): Promise<T> {
  if (done === undefined) work.catch(report);
  else work.then((result) => setImmediate(done, null, result), (e: unknown) => setImmediate(done, e));
  return work;
}

function give(req: http.IncomingMessage, res: http.ServerResponse, sid: string | undefined): void {
  if (res.headersSent) return;
  const before = res.getHeader('Set-Cookie');
  const others = (Array.isArray(before) ? before : before === undefined ? [] : [String(before)]).filter((c) => !c.startsWith('sid='));
  const secure = 'encrypted' in req.socket || req.headers['x-forwarded-proto'] === 'https';
  // Lax: it comes along with a link, not with what pages of others send.
  res.setHeader('Set-Cookie', [...others, `sid=${sid ?? ''}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}; Max-Age=${sid === undefined ? 0 : SESSION_AGE / 1000}`]);
}

function cookieOf(req: http.IncomingMessage): string | undefined {
  const given = (req.headers.cookie ?? '').split(';').map((c) => c.trim()).find((c) => c.startsWith('sid='))?.slice(4);
  return given !== undefined && SID.test(given) ? given : undefined;
}

function bearerOf(req: http.IncomingMessage): string | undefined {
  return /^Bearer +([0-9a-f]{64}) *$/i.exec(req.headers.authorization ?? '')?.[1]?.toLowerCase();
}
