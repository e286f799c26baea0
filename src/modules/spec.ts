import path from 'node:path';
import { MgrError } from '../base/errors.js';
import { checkName } from '../base/module-name.js';

/** What the user asked for, in the one unambiguous spelling the fetcher gets. */
export interface ModuleSpec {
  readonly kind: 'registry' | 'git' | 'folder' | 'file' | 'url';
  /** As typed. */
  readonly raw: string;
  /** For pacote: `name@range`, `github:user/repo#ref`, `git+https://…`, `file:/abs`, `https://…`. */
  readonly fetch: string;
  /** Known before the manifest for names of the registry only. */
  readonly name?: string;
  /** Absolute, for folders and files. */
  readonly path?: string;
}

const HOSTED = /^(?:(github|gitlab|bitbucket|gist):)?[\w.-]+\/[\w.-]+(?:#.+)?$/;
const GIST = /^gist:[\w-]+(?:#.+)?$/;
const GIT_URL = /^(?:git:|git\+(?:https?|ssh|file|rsync):|ssh:)\/\//;
// The host of another user than git has a dot: `name@npm:other` is npm's alias and no repository.
const SCP = /^(?:git@[\w.-]+|[\w.-]+@[\w-]+\.[\w.-]+):[\w./~-]+(?:#.+)?$/;
// A host that serves repositories at https://host/user/repo: a clone, not a tarball.
const REPO_PAGE = /^https:\/\/(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)\/[\w.-]+\/[\w.-]+?(?:\.git)?\/?(?:#.+)?$/;

/**
 * Reads a module spec. `isFolder` looks at the disk, for what could be both a folder and a name: a path counts as one
 * only when it is written as one (`.`, `./x`, `../x`, `/x`, `~/x`) or ends in .tgz, as npm does.
 * Throws BAD_USAGE (nothing given, a spec that is neither) and MODULE_NAME.
 */
export function parseSpec(raw: string, at: { readonly cwd: string; readonly userHome: string }): ModuleSpec {
  const text = raw.trim();
  if (text === '') throw new MgrError('BAD_USAGE', { reason: 'install: got an empty name, wanted a package, a repository, a folder or a tarball', fix: 'e.g. mgr install pm2-logrotate' });
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  if (/[\u0000-\u001f]/.test(text)) throw new MgrError('MODULE_NAME', { name: text, reason: 'it has control characters' });
  return asPath(raw, text, at) ?? asRemote(raw, text) ?? asName(raw, text);
}

function asPath(raw: string, text: string, at: { readonly cwd: string; readonly userHome: string }): ModuleSpec | undefined {
  const bare = text.startsWith('file:') ? text.slice('file:'.length).replace(/^\/\/(?=\/)/, '') : text;
  const tarball = /\.(?:tgz|tar\.gz|tar)$/i.test(bare) && !/^[a-z+]+:\/\//i.test(bare);
  if (bare === text && !tarball && !/^(?:\.{1,2}|~)?(?:\/|$)|^\.{1,2}$/.test(text)) return undefined;
  const full = /^~(?:\/|$)/.test(bare) ? path.join(at.userHome, bare.slice(1)) : path.resolve(at.cwd, bare);
  return { kind: tarball ? 'file' : 'folder', raw, fetch: `file:${full}`, path: full };
}

function asRemote(raw: string, text: string): ModuleSpec | undefined {
  if (HOSTED.test(text) && !text.startsWith('@')) return { kind: 'git', raw, fetch: /^\w+:/.test(text) ? text : `github:${text}` };
  if (GIST.test(text) || GIT_URL.test(text)) return { kind: 'git', raw, fetch: text };
  if (REPO_PAGE.test(text) || /^https?:\/\/.*\.git(?:#.*)?$/.test(text)) return { kind: 'git', raw, fetch: `git+${text}` };
  if (SCP.test(text)) return { kind: 'git', raw, fetch: `git+ssh://${text.replace(':', '/')}` };
  if (/^https?:\/\//.test(text)) {
    if (!URL.canParse(text)) throw new MgrError('BAD_USAGE', { reason: `install: ${text} is not a URL` });
    return { kind: 'url', raw, fetch: text };
  }
  if (/^[a-z][a-z+]*:/i.test(text)) throw new MgrError('BAD_USAGE', { reason: `install: \`${text}\`: cannot fetch from there`, fix: 'wanted: an npm name, user/repo, a git or https url, ./folder, file.tgz' });
  return undefined;
}

function asName(raw: string, text: string): ModuleSpec {
  const split = text.indexOf('@', 1);
  const name = checkName(split === -1 ? text : text.slice(0, split));
  const range = split === -1 ? '' : text.slice(split + 1).trim();
  // `name@git+https://…`, `name@npm:other`: would fetch something else under this name.
  if (/[:/\\]/.test(range)) throw new MgrError('BAD_USAGE', { reason: `install: \`${range}\` is not a version, a tag or a range`, fix: `mgr install ${name}, or the address alone` });
  return { kind: 'registry', raw, fetch: `${name}@${range === '' ? 'latest' : range}`, name };
}
