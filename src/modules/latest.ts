import { toRecord } from '../protocol/wire.js';
import { treeBuilder } from './deps.js';
import { fetchManifest, fetchOptions } from './fetch.js';
import { readNpmConfig } from './npmrc.js';
import type { Fetched, Latest, Surroundings } from './report.js';
import { parseSpec } from './spec.js';

/** What an installation of the same words would bring now. A failure is part of the answer: one dead source must not hide the others. */
export async function latestOf({ name, source }: { readonly name: string; readonly source: string }, at: Surroundings): Promise<Latest> {
  try {
    const options = fetchOptions(readNpmConfig(at), { ignoreScripts: true, Arborist: treeBuilder });
    const ask = async (words: string): Promise<Fetched> => {
      const { version, resolved, integrity } = await fetchManifest(parseSpec(words, at), options);
      return { version, resolved, ...(integrity === undefined ? {} : { integrity }) };
    };
    const spec = parseSpec(source, at);
    const wanted = await ask(source);
    const pinned = spec.kind === 'registry' && spec.fetch !== `${spec.name ?? ''}@latest`;
    return { name, wanted, latest: pinned ? (await ask(`${spec.name ?? name}@latest`)).version : wanted.version };
  } catch (e) {
    return { name, error: toRecord(e) };
  }
}
