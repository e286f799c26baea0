import { sources } from './source.js';

export interface Wish {
  /** A checked package name. */
  readonly name: string;
  readonly ts: boolean;
  /** It is a container of `mgr/container`. */
  readonly contained: boolean;
  /** Of mgr. */
  readonly version: string;
}

/** Path -> text of each file of a new module. It runs as it is: nothing has to be installed or built. */
export function projectFiles({ name, ts, contained, version }: Wish): Record<string, string> {
  const variable = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '').toUpperCase();
  return {
    'package.json': `${JSON.stringify(packageJson({ name, ts, contained, version }), undefined, 2)}\n`,
    ...sources({ name, variable, ts, contained }),
    ...(ts && { 'tsconfig.json': TSCONFIG }),
    '.gitignore': 'node_modules\n*.tgz\n*.log\n',
    'README.md': readme(name, variable, ts, contained),
  };
}

function packageJson({ name, ts, contained, version }: Wish): object {
  const dir = ts ? 'dist/' : '';
  return {
    name,
    version: '0.1.0',
    description: 'Greets the world at intervals',
    type: 'module',
    main: `${dir}index.js`,
    files: ts ? ['dist'] : contained ? ['index.js', 'greeter.js', 'console-voice.js'] : ['index.js', 'work.js'],
    keywords: ['mgr-module', 'pm2-module'],
    license: 'MIT',
    engines: { node: '>=20.19' },
    scripts: { ...(ts && { build: 'tsc', dev: 'tsc --watch' }), test: ts ? 'tsc && node --test' : 'node --test', ...(ts && { prepublishOnly: 'npm run build' }) },
    // It asks nothing of the manager but its own settings, and nothing of the machine.
    mgr: { permissions: 'none' },
    // The schemas of a container say it already.
    ...(!contained && { config: { every: 5000, greeting: 'Hello' } }),
    apps: [{ script: `${dir}index.js`, wait_ready: true, merge_logs: true, max_memory_restart: '200M', ignore_watch: [...(ts ? ['src'] : []), 'test', 'README.md'] }],
    // Optional: npm does not fetch it; the manager that installs the module puts itself in its place.
    peerDependencies: { mgr: `>=${version}` },
    peerDependenciesMeta: { mgr: { optional: true } },
    ...(ts && { devDependencies: { '@types/node': '^20.19.0', typescript: '>=5.5' } }),
  };
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "types": ["node"],
    "rootDir": "src",
    "outDir": "dist",
    "strict": true,
    "skipLibCheck": true
  },
  "include": ["src"]
}
`;

function readme(name: string, variable: string, ts: boolean, contained: boolean): string {
  return `# ${name}

A module for mgr. It runs under PM2 too, where \`mgr\` is an installed dependency of it.

## Work on it

    mgr install .                      # links this folder, runs it, restarts it when a file changes
    mgr logs ${name}
    mgr set ${name}:every 1000
    mgr trigger ${name} greet Ann
    mgr describe ${name}               # settings, metrics, actions
    npm test
    mgr uninstall ${name}
${ts ? `
The program is in \`src\`; what runs is \`dist\`. After \`npm install\`, \`npm run dev\` compiles at each change, and mgr restarts
the module with what came out.
` : ''}
## Settings

| key | default | what |
|---|---|---|
| \`every\` | 5000 | ms between two greetings, at least 10 |
| \`greeting\` | Hello | the word before the name |

${contained ? `\`${ts ? 'src/greeter.ts' : 'greeter.js'}\` declares them; \`mgr conf ${name}\` shows them. A value that cannot be is refused, whoever sets it.\n` : ''}
Outside a manager (\`node ${ts ? 'dist/' : ''}index.js\`) they are ${contained ? 'these' : 'those of package.json'}, and of variables such as \`${variable}_EVERY\`.
`;
}
