import type http from 'node:http';
import { answerError, answerJson } from './context.js';
import { HttpFault, isBag } from './model.js';
import type { Resources } from './resources.js';

export const ADMIN = '/__resources';

/** What `/__resources` does: the part of the room that scripts of Deployd reach over HTTP. */
type Deeds = Pick<Resources, 'types' | 'list' | 'get' | 'put' | 'putFile' | 'remove'>;

/** Answers a request below `/__resources`, whose caller was checked before. */
export async function administer(deeds: Deeds, { method, pathname, body, res }: { readonly method: string; readonly pathname: string; readonly body: unknown; readonly res: http.ServerResponse }): Promise<void> {
  const id = idOf(pathname);
  const file = id.includes('.') ? id.slice(id.lastIndexOf('/') + 1) : undefined;
  const owner = file === undefined ? id : id.slice(0, Math.max(0, id.length - file.length - 1));
  const write = method === 'POST' || method === 'PUT';
  if (method === 'GET' && id === '') answerJson(res, (await deeds.list()).map(flat));
  else if (method === 'GET' && id === 'types') answerJson(res, Object.fromEntries(deeds.types().map((t) => [t.type, { ...t, dashboardPages: t.pages }])));
  else if (method === 'GET' && file !== undefined) answerJson(res, { value: await textOf(deeds, owner, file) });
  else if (method === 'GET') answerJson(res, flat(await existing(deeds, id)));
  else if (write && file !== undefined) {
    await deeds.putFile(owner, file, valueOf(body));
    answerJson(res, { id: owner, file });
  } else if (write) {
    const named = id === '' && isBag(body) && typeof body['id'] === 'string' ? body['id'] : id;
    answerJson(res, flat(await deeds.put(named, body)));
  } else if (method === 'DELETE' && file !== undefined) {
    await deeds.putFile(owner, file, undefined);
    answerJson(res, { id: owner, file });
  } else if (method === 'DELETE' && id !== '') {
    await deeds.remove(id);
    answerJson(res, { id });
  } else answerError(res, { statusCode: 405, message: `${method} is not for ${ADMIN}${id === '' ? '' : `/${id}`}` });
}

// As Deployd has it: the configuration itself, with the id in it.
function flat(view: Awaited<ReturnType<Deeds['list']>>[number]): Record<string, unknown> {
  return { ...view.config, id: view.id, type: view.type, ...(view.state === 'errored' && { state: view.state, reason: view.reason }) };
}

function idOf(pathname: string): string {
  try {
    return decodeURIComponent(pathname.slice(ADMIN.length)).replace(/^\//, '').replace(/\/$/, '');
  } catch {
    throw new HttpFault(400, 'the path has a broken escape');
  }
}

async function existing(deeds: Deeds, id: string): Promise<NonNullable<Awaited<ReturnType<Deeds['get']>>>> {
  const found = await deeds.get(id);
  if (found === undefined) throw new HttpFault(404, `no resource \`${id}\``);
  return found;
}

async function textOf(deeds: Deeds, id: string, file: string): Promise<string> {
  const text = (await existing(deeds, id)).scripts[file];
  if (text === undefined) throw new HttpFault(404, `${id} has no file ${file}`);
  return text;
}

function valueOf(body: unknown): string {
  const value = isBag(body) ? body['value'] : undefined;
  if (typeof value !== 'string') throw new HttpFault(400, 'wanted a body {"value": "<the text>"}');
  return value;
}
