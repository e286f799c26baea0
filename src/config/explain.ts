import { maskValue } from './secrets-mask.js';

/** Variables of one source. A later layer wins. */
export interface EnvLayer {
  /** `shell` (that started it), `mgr`, `env`, `env_<name>`, `port`, `python`, `deploy.<name>.env`, `increment_var`, `settings`. */
  readonly from: string;
  readonly vars: Readonly<Record<string, string>>;
  /** Name -> reference. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Declared, but covered or taken away inside the declaration: never what the program gets. */
  readonly covered?: true;
}

/** One source's word: a value, or a secret's reference. */
export interface EnvSource { readonly from: string; readonly value?: string; readonly secret?: string }

export interface EnvRow extends EnvSource {
  readonly name: string;
  /** Some value is shown as `***`. */
  readonly masked?: true;
  /** What it covers, the nearest first. */
  readonly shadows: readonly EnvSource[];
}

/**
 * Where each variable comes from, by name. `filtered`: names that filter_env kept out; those that nobody else sets have a
 * row without a value. `show`: nothing is masked (a reference stays one: its value is known to nobody).
 */
export function explainEnv(layers: readonly EnvLayer[], filtered: readonly string[], show: boolean): EnvRow[] {
  const words = new Map<string, (EnvSource & { readonly covered: boolean })[]>();
  for (const { from, vars, secrets = {}, covered = false } of layers) {
    const say = (name: string, source: EnvSource): void => {
      const said = words.get(name);
      if (said) said.unshift({ ...source, covered }); else words.set(name, [{ ...source, covered }]);
    };
    for (const [name, value] of Object.entries(vars)) say(name, { from, value });
    for (const [name, secret] of Object.entries(secrets)) say(name, { from, secret });
  }
  for (const name of filtered) if (!words.has(name)) words.set(name, []);
  return [...words].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, said]) => row(name, said, show));
}

function row(name: string, said: readonly (EnvSource & { readonly covered: boolean })[], show: boolean): EnvRow {
  let masked = false;
  const shown = ({ from, value, secret }: EnvSource): EnvSource => {
    if (value === undefined) return { from, ...(secret === undefined ? {} : { secret: show ? secret : maskValue('', secret) }) };
    const text = show ? value : maskValue(name, value);
    masked ||= text !== value;
    return { from, value: text };
  };
  const wins = said.find((s) => !s.covered);
  const shadows = said.filter((s) => s !== wins).map(shown);
  const winner = wins ? shown(wins) : { from: said.length > 0 ? 'taken away' : 'filter_env' };
  return { name, ...winner, ...(masked ? { masked: true as const } : {}), shadows };
}
