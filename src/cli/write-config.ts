import fs from 'node:fs';
import path from 'node:path';
import { fileSafe } from '../base/paths.js';
import { readDeclared } from '../config/declare.js';
import { declaredFromFlags } from '../config/options.js';
import type { AppSpec } from '../config/spec.js';
import type { Cli, Input } from './world.js';

/** `--write`: what the flags said, as a config file that starts the same again from any folder. */
export async function writeConfig(cli: Cli, spec: AppSpec, input: Input): Promise<void> {
  const { options } = readDeclared(declaredFromFlags(input.options), { flags: true });
  const app = { name: spec.name, script: path.resolve(spec.cwd, spec.script) === spec.exec_path ? spec.exec_path : spec.script, cwd: spec.cwd, ...(spec.args.length > 0 && input.rest && { args: input.rest }), ...options };
  const file = path.join(cli.world.cwd(), `${fileSafe(spec.name)}-pm2.json`);
  await fs.promises.writeFile(file, `${JSON.stringify({ apps: [app] }, undefined, 2)}\n`);
  cli.out.notice(`mgr: wrote ${file}`);
}
