import { isDeepStrictEqual } from 'node:util';
import { MgrError } from '../../base/errors.js';
import type { Store } from '../../database/documents.js';
import { changesOf, commandsOf } from './collection-commands.js';
import { type Property, itemOf, propertiesOf, queryFor, missingOf } from './collection-values.js';
import type { Context } from './context.js';
import { type Bag, type Done, HttpFault, type ResourceOptions, type ResourceType, isBag } from './model.js';
import { Resource } from './resource.js';

/**
 * Documents with known properties, kept in the store: list, get, create, update and remove over HTTP, with a script for
 * each. Removing the resource leaves its documents: a configuration is written again in a minute, they are not.
 */
export function collectionType(store: (namespace: string) => Store): ResourceType {
  class CollectionResource extends Resource {
    static readonly label = 'Collection';
    static readonly events = ['Get', 'Validate', 'Post', 'Put', 'Delete'];
    static readonly schema = { properties: { type: 'object', default: {}, description: 'Name of each property -> { "type": string | number | boolean | date | object | array, "required": true | false }' } };

    readonly properties: Readonly<Record<string, Property>>;
    #store: Store | undefined;

    constructor(name: string, options: ResourceOptions) {
      super(name, options);
      this.clientGeneration = true;
      this.clientGenerationGet = ['count'];
      this.properties = propertiesOf(options.config['properties']);
    }

    /** Opened when it is needed: one that is busy just now is no reason to leave the resource out. */
    get store(): Store { return (this.#store ??= store(this.name)); }

    override configChanged(config: Bag, done: Done): void {
      const id = config['id'];
      if (typeof id !== 'string' || id === this.name) { super.configChanged(config, done); return; }
      // The store's name may have more before that of the resource: the host's.
      const { namespace } = this.store;
      this.store.rename(`${namespace.slice(0, namespace.length - this.name.length)}${id}`).then(() => super.configChanged(config, done), done);
    }

    override async handle(ctx: Context, next: () => void): Promise<void> {
      const [part, more] = ctx.url.split('/').filter((p) => p !== '');
      if (more !== undefined) { next(); return; }
      try {
        const result = await this.#answer(ctx, part === undefined ? undefined : decodeURIComponent(part));
        if (result === NEXT) next(); else ctx.done(undefined, result);
      } catch (e) {
        if (!(e instanceof HttpFault || e instanceof MgrError || e instanceof URIError)) throw e;
        ctx.done(e);
      }
    }

    async #answer(ctx: Context, part: string | undefined): Promise<unknown> {
      const { method, query } = ctx;
      // A pattern can keep the process busy for ever: anybody may ask, and few may do that.
      if (!trusted(ctx) && hasPattern(query)) throw patternRefused();
      if (part === 'count' && method === 'GET') {
        if (!trusted(ctx)) throw new HttpFault(403, 'count is for scripts and for the root token');
        return { count: await this.store.count(queryFor(this.properties, query)) };
      }
      const id = part ?? (typeof query['id'] === 'string' ? query['id'] : undefined);
      if (method === 'GET' || method === 'HEAD') return id === undefined ? this.#list(ctx) : this.#one(ctx, id);
      if (method === 'POST' && id === undefined) return this.#create(ctx);
      if (method === 'POST' || method === 'PUT') {
        const own = id ?? (isBag(ctx.body) && typeof ctx.body['id'] === 'string' ? ctx.body['id'] : undefined);
        if (own === undefined) throw new HttpFault(400, 'which one? wanted an id in the path or in the query');
        return this.#update(ctx, own);
      }
      return method === 'DELETE' ? this.#remove(ctx, id) : NEXT;
    }

    async #list(ctx: Context): Promise<unknown> {
      const found = await this.store.find(queryFor(this.properties, ctx.query));
      if (this.events['get'] === undefined) return found;
      const shown = await Promise.all(found.map(async (doc): Promise<Bag | undefined> => {
        try {
          return await this.#shown(ctx, { ...doc });
        } catch (e) {
          // A script that cancels for one document of a list hides that one.
          if (e instanceof HttpFault && e.statusCode < 500) return undefined;
          throw e;
        }
      }));
      return shown.filter((d) => d !== undefined);
    }

    async #one(ctx: Context, id: string): Promise<unknown> {
      const fields = queryFor(this.properties, { $fields: ctx.query['$fields'] });
      return this.#shown(ctx, { ...await this.#existing(id, fields) });
    }

    async #create(ctx: Context): Promise<unknown> {
      const item = itemOf(this.properties, ctx.body);
      const hidden = await this.#checked(ctx, 'post', item, {});
      const made: Bag = { ...await this.store.insert(itemOf(this.properties, item)) };
      return without(made, hidden);
    }

    async #update(ctx: Context, id: string): Promise<unknown> {
      const old: Bag = { ...await this.#existing(id) };
      const { commands, values } = commandsOf(this.properties, ctx.body);
      // `$pull` takes conditions.
      if (!trusted(ctx) && [...commands.by.values()].some(([, operand]) => hasPattern(operand))) throw patternRefused();
      const item: Bag = { ...old, ...itemOf(this.properties, values), ...commands.after(old) };
      const computed = { ...item };
      const hidden = await this.#checked(ctx, 'put', item, old);
      const changes = changesOf(this.properties, old, itemOf(this.properties, item), computed, commands);
      if (Object.keys(changes).length > 0 && (await this.store.update(id, changes)).count === 0) throw gone(id);
      return without({ ...await this.#existing(id) }, hidden);
    }

    async #remove(ctx: Context, id: string | undefined): Promise<unknown> {
      if (id === undefined) {
        if (!trusted(ctx) || Object.keys(ctx.query).length === 0) throw new HttpFault(400, 'which one? wanted an id in the path or in the query');
        const found = await this.store.find(queryFor(this.properties, ctx.query));
        for (const doc of found) await this.#removeOne(ctx, { ...doc });
        return { count: found.length };
      }
      await this.#removeOne(ctx, { ...await this.#existing(id) });
      return undefined;
    }

    async #removeOne(ctx: Context, doc: Bag): Promise<void> {
      await this.#run('delete', ctx, doc, {});
      await this.store.remove(String(doc['id']));
    }

    async #existing(id: string, more: Bag = {}): Promise<Bag> {
      const doc = await this.store.first({ id, ...more });
      if (doc === undefined) throw gone(id);
      return doc;
    }

    async #shown(ctx: Context, doc: Bag): Promise<Bag> { return without(doc, await this.#run('get', ctx, doc, {})); }

    /** `validate`, then the script of the verb; both may change the item. Answers with what is to be hidden. */
    async #checked(ctx: Context, event: 'post' | 'put', item: Bag, old: Bag): Promise<ReadonlySet<string>> {
      const errors = missingOf(this.properties, item);
      await this.#run('validate', ctx, item, old, errors);
      if (Object.keys(errors).length > 0) throw new HttpFault(400, 'the document is not valid', errors);
      return this.#run(event, ctx, item, old);
    }

    #run(event: string, ctx: Context, item: Bag, previous: Bag, errors: Record<string, string> = {}): Promise<ReadonlySet<string>> {
      const hidden = new Set<string>();
      const script = this.events[event];
      if (script === undefined) return Promise.resolve(hidden);
      const error = (name: string, text?: unknown): void => { errors[name] = typeof text === 'string' ? text : 'is not valid'; };
      return new Promise((resolve, reject) => {
        script.run(ctx, {
          this: item, data: item, id: item['id'], previous,
          error, hasErrors: () => Object.keys(errors).length > 0,
          errorIf: (is: unknown, name: string, text?: unknown) => { if (is) error(name, text); },
          errorUnless: (is: unknown, name: string, text?: unknown) => { if (!is) error(name, text); },
          hide: (name: string) => { hidden.add(name); },
          protect: (name: string) => { if (Object.hasOwn(previous, name)) item[name] = previous[name]; else delete item[name]; },
          changed: (name: string) => !isDeepStrictEqual(item[name], previous[name]),
        }, (e) => {
          if (e !== undefined) reject(e);
          else if (event !== 'validate' && Object.keys(errors).length > 0) reject(new HttpFault(400, 'the document is not valid', errors));
          else resolve(hidden);
        });
      });
    }
  }
  return Object.defineProperty(CollectionResource, 'name', { value: 'Collection' });
}

function hasPattern(v: unknown): boolean {
  return Array.isArray(v) ? v.some(hasPattern) : isBag(v) && Object.entries(v).some(([k, inner]) => k === '$regex' || hasPattern(inner));
}

const NEXT = Symbol('next');
const patternRefused = (): HttpFault => new HttpFault(403, '$regex is for scripts and for the root token');
const gone = (id: string): HttpFault => new HttpFault(404, `no document \`${id}\``);
const trusted = (ctx: Context): boolean => ctx.session.isRoot || 'internal' in ctx.req;
const without = (doc: Bag, hidden: ReadonlySet<string>): Bag => Object.fromEntries(Object.entries(doc).filter(([k]) => !hidden.has(k)));
