import type { Ticket } from './tickets.js';

/** What of a type's folder makes up a page; undefined: it has no such file. */
export interface Parts {
  /** A whole document, or what stands in its body as Deployd has it. */
  readonly html: string | undefined;
  /** Names below the folder. */
  readonly style: string | undefined;
  readonly script: string | undefined;
}

/** Pages are named by their types: what else would be a path. */
export const PAGE = /^\w[\w -]{0,60}$/;

export function documentOf({ page }: Pick<Ticket, 'page'>, { html = '', style, script }: Parts): string {
  const client = '<script src="mgr.js"></script>';
  if (/<html[\s>]|<!doctype/i.test(html)) return /<head[^>]*>/i.test(html) ? html.replace(/<head[^>]*>/i, (head) => head + client) : html.replace(/^(\s*<!doctype[^>]*>)?/i, (head) => head + client);
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${page}</title>${client}${style === undefined ? '' : `<link rel="stylesheet" href="${style}">`}</head><body>\n${html}\n${script === undefined ? '' : `<script src="${script}"></script>`}</body></html>\n`;
}

/** `Context` as Deployd's pages know it, and `mgr`: the instance they are for. */
export function clientOf({ resource, type, host, page, access }: Ticket): string {
  const context = JSON.stringify({ resourceId: resource, resourceName: resource, resourceType: type, host, page, access }).replace(/[\u2028\u2029<]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `(() => {
  const base = new URL('.', document.currentScript.src).href;
  const call = async (method, path, body) => {
    const answer = await fetch(base + path, { method, credentials: 'omit', ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
    const value = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(value.error.message), { code: value.error.code, status: answer.status });
    return value;
  };
  window.Context = ${context};
  window.mgr = {
    context: window.Context,
    get: () => call('GET', 'api/resource'),
    put: (config) => call('PUT', 'api/resource', config),
    putFile: (file, text) => call('PUT', 'api/files/' + encodeURIComponent(file), { text }),
  };
})();
`;
}

/**
 * A page of a type is foreign code: it has no origin, so neither cookies nor pages of ours, and speaks to its own ticket's path
 * alone. `host`: as the browser called us.
 */
export function policyOf(token: string, host: string): string {
  // An address in brackets is none that a policy can name.
  const [place, own] = host.startsWith('[') ? ["'self'", "'self'"] : [host, `${host}/frame/${token}/`];
  return `sandbox allow-scripts allow-forms allow-modals; default-src 'none'; script-src ${own} 'unsafe-inline'; style-src ${own} 'unsafe-inline'; img-src ${own} data:; font-src ${own} data:; connect-src ${own}; base-uri 'none'; form-action 'none'; frame-ancestors ${place}`;
}
