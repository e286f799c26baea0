import { MgrError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import { text } from '../values.js';
import type { Cli, Command, Input } from '../world.js';

type Deed = (cli: Cli, input: Input, what: string | undefined) => Promise<number>;

const DEEDS: Readonly<Record<string, Deed>> = {
  start: async (cli, input, what) => (await import('../host/start-host.js')).startHost(cli, what ?? '.', input),
  stop: async (cli, input, what) => (await look()).stopHost(cli, what ?? text(input.options, 'name')),
  list: async (cli, input) => (await look()).listHosts(cli, input),
  types: async (cli, input, what) => (await look()).showTypes(cli, input, what ?? text(input.options, 'name')),
  resources: async (cli, input, what) => (await look()).showResources(cli, input, what ?? text(input.options, 'name')),
  modules: async (cli, input, what) => (await look()).showModules(cli, input, what ?? text(input.options, 'name')),
  reload: async (cli, input, what) => (await look()).reloadResources(cli, what ?? text(input.options, 'name')),
  check: async (cli, input, what) => (await import('../host/check-host.js')).checkHost(cli, what ?? '.', input),
  backup: async (cli, _input, what) => (await import('../host/backup-host.js')).backupHost(cli, what),
  unquarantine: async (cli, input, what) => {
    if (what === undefined) throw new MgrError('BAD_USAGE', { reason: 'host unquarantine: got nothing', fix: 'wanted: a module, as `mgr host modules` names it' });
    return (await look()).unquarantine(cli, what, text(input.options, 'name'));
  },
};

/** Module hosts: a folder of drop-ins as one program. */
export const host: Command = {
  args: '[action] [what]',
  options: [
    { flags: '-i, --instances <number>', summary: 'start: so many processes, which share the port, the store and the jobs' },
    { flags: '--port <port>', summary: 'start: port (default 2403; 0: any free one)' },
    { flags: '--host <address>', summary: 'start: address to listen on (default 127.0.0.1)' },
    { flags: '--cors <origins>', summary: 'start: sites whose pages may call the resources, e.g. https://shop.example; *: all' },
    { flags: '--dev', summary: 'start: resources are made anew for each request, a changed module starts the host anew' },
    { flags: '--strict', summary: 'start: a module that does not load ends the host' },
    { flags: '-n, --name <name>', summary: 'which host; start: its name (default: that of the folder)' },
    { flags: '--json', summary: 'list, types, resources, modules, check: as JSON' },
  ],
  run(cli, input) {
    const [action = '', what] = input.args;
    const deed = DEEDS[action];
    if (deed) return deed(cli, input, what);
    const near = nearest(action, Object.keys(DEEDS));
    throw new MgrError('BAD_USAGE', { reason: `host: got ${action === '' ? 'nothing' : `\`${action}\``}`, fix: near === undefined ? `wanted: ${Object.keys(DEEDS).join(', ')}` : `did you mean \`mgr host ${near}\`?` });
  },
};

const look = (): Promise<typeof import('../host/show-hosts.js')> => import('../host/show-hosts.js');
