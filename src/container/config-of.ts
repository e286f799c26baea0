import type { Validator } from './validators.js';

/** A class as a reference: what `type` may be and what `resolve` takes. Abstract ones name an interface. */
export type AnyClass<T extends object = object> = abstract new (...args: never[]) => T;

/** One configurable value, or one injected module when `type` is a module's class, name or interface. */
export interface FieldSpec {
  /** Default: the type of `default`, else `string`. */
  readonly type?: BasicType | (string & {}) | AnyClass | BuiltIn;
  readonly default?: unknown;
  /** A missing value is an error. */
  readonly required?: boolean;
  readonly validator?: Validator;
  /** Of the members of an array: default `string`. */
  readonly items?: BasicType;
  readonly description?: string;
  /** `ms`, `bytes`, …; shown, not computed with. */
  readonly unit?: string;
  /** The letter this field would like as a one-letter flag. */
  readonly flagHint?: string;
  /** Not in help, not in the generated forms. */
  readonly hidden?: boolean;
  /** Only in `--help advanced`. */
  readonly advanced?: boolean;
  /** Set by programs, not by people: no flag, no environment variable. */
  readonly system?: boolean;
  /** Shown as `********`; refused as a flag, since everybody on the machine can read those. */
  readonly secret?: boolean;
  /** The first plain word of the command line is its value: `app serve`. */
  readonly selector?: boolean;
  /** Takes the remaining plain words of the command line, and those after `--`. */
  readonly general?: boolean;
}

/** Fields that belong together, one level down. */
export interface GroupSpec { readonly configurables: SchemaSpec; readonly description?: string }
export type FieldRecord = FieldSpec & { readonly field: string };
export type ChildRecord = GroupSpec & { readonly child: string };
/** A plain value stands for its own default. */
export type PlainDefault = string | number | boolean | readonly (string | number | boolean)[];

/** The fields of a module: a map by name, or a list of records. */
export type SchemaSpec = SchemaMap | readonly (FieldRecord | ChildRecord)[];
export interface SchemaMap { readonly [field: string]: FieldSpec | GroupSpec | PlainDefault }

export interface TypeMap {
  string: string; number: number; boolean: boolean; array: string[]; object: Record<string, unknown>; date: Date; buffer: Buffer; any: unknown;
}
export type BasicType = keyof TypeMap;

/** Names of modules and their types, for `resolve('name')` and `type: 'name'`. Extend it: `declare module 'mgr/container' { interface Modules { storage: Storage } }`. */
// oxlint-disable-next-line typescript/no-empty-object-type -- users fill it
export interface Modules {}

/** The configuration that a schema describes. No default and not required: `T | undefined`. */
export type ConfigOf<S> =
  S extends readonly unknown[] ? { -readonly [R in S[number] as KeyOf<R>]: ValueOf<R> }
    : string extends keyof S ? Record<string, unknown>
      : { -readonly [K in keyof S]: ValueOf<S[K]> };

type KeyOf<R> = R extends { readonly field: infer K extends string } ? K : R extends { readonly child: infer K extends string } ? K : never;

type ValueOf<F> =
  F extends { readonly configurables: infer C } ? ConfigOf<C>
    : F extends PlainDefault ? Widen<F>
      : F extends { readonly type: BuiltIn } ? ValueOf<Omit<F, 'type'> & { readonly type: NameOfBuiltIn<F['type']> }>
      : F extends { readonly type: AnyClass<infer T> } ? T
        : Typed<F> | (F extends { readonly required: true } ? never : F extends { readonly default: infer D } ? (D extends undefined ? undefined : never) : undefined);

type BuiltIn = StringConstructor | NumberConstructor | BooleanConstructor | ArrayConstructor | ObjectConstructor | DateConstructor;
type NameOfBuiltIn<C> =
  C extends StringConstructor ? 'string' : C extends NumberConstructor ? 'number' : C extends BooleanConstructor ? 'boolean'
    : C extends ArrayConstructor ? 'array' : C extends DateConstructor ? 'date' : 'object';

type Typed<F> =
  F extends { readonly validator: { readonly $in: readonly (infer U)[] } } ? U
    : F extends { readonly type: 'array'; readonly items: infer I extends BasicType } ? TypeMap[I][]
      : F extends { readonly type: infer T } ? (T extends BasicType ? TypeMap[T] : T extends keyof Modules ? Modules[T] : unknown)
        : F extends { readonly default: infer D } ? Widen<D> : string;

type Widen<D> =
  D extends string ? string : D extends number ? number : D extends boolean ? boolean
    : D extends readonly (infer I)[] ? Widen<I>[] : D extends object ? Record<string, unknown> : string;

/** Keeps a schema's literal types when it stands on its own: `const fields = schema({ port: { type: 'number' } })`. */
export function schema<const S extends SchemaSpec>(spec: S): S { return spec; }
