import { readEcosystemText } from '../../src/config/ecosystem.js';

/** The apps a config file of this content declares. */
export async function appsFrom(config: unknown): Promise<readonly unknown[]> {
  return (await readEcosystemText(JSON.stringify(config))).apps;
}
