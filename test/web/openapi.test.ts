import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROUTES, type Route } from '../../src/web/api.js';
import { openapi } from '../../src/web/openapi.js';

type Json = Readonly<Record<string, unknown>>;
interface Operation { readonly operationId: string; readonly summary: string; readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Json }[]; readonly requestBody?: { readonly content: Record<string, { schema: Json }> }; readonly responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>; readonly security?: unknown[] }
interface Document { readonly openapi: string; readonly info: { title: string; version: string }; readonly paths: Record<string, Record<string, Operation>>; readonly components: { schemas: Record<string, Json>; securitySchemes: Json } }

const document = JSON.parse(JSON.stringify(openapi())) as Document;
const operations = Object.entries(document.paths).flatMap(([at, methods]) => Object.entries(methods).map(([method, operation]) => ({ at, method, operation })));

/** Every schema of a document, the inner ones too. */
function* schemas(value: unknown): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Json;
  for (const inner of Object.values(value)) yield* schemas(inner);
}

test('the OpenAPI document is one: version, operations, parameters of the paths, answers', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.equal(operations.length, Object.keys(ROUTES).length);
  assert.equal(new Set(operations.map((o) => o.operation.operationId)).size, operations.length);
  for (const { at, method, operation: o } of operations) {
    assert.match(at, /^\/[\w./{}-]*$/);
    assert.ok(['get', 'post', 'put', 'delete'].includes(method) && o.summary.length > 3, at);
    const inPath = [...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual((o.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name), inPath, at);
    assert.equal(new Set((o.parameters ?? []).map((p) => `${p.in} ${p.name}`)).size, o.parameters?.length ?? 0, at);
    assert.ok((o.parameters ?? []).every((p) => p.in !== 'path' || p.required), at);
    assert.ok(Object.entries(o.responses).every(([status, r]) => /^(?:\d{3}|default)$/.test(status) && r.description !== ''), at);
    assert.ok(Object.keys(o.responses).some((status) => status.startsWith('2')), at);
    if (method === 'get') assert.equal(o.requestBody, undefined, at);
  }
});

test('every schema that is named is there, every one that is there is named, and none is a riddle', () => {
  const named = new Set<string>();
  for (const schema of schemas(document)) {
    const { $ref, type, enum: words, required, properties } = schema;
    if (typeof $ref === 'string') named.add($ref.replace('#/components/schemas/', ''));
    if (typeof type === 'string' && 'properties' in schema) for (const key of (required as readonly string[] | undefined) ?? []) assert.ok(Object.hasOwn(properties as object, key), key);
    if (Array.isArray(words)) assert.ok(words.length > 0);
    if (typeof type === 'string' && !('scheme' in schema) && !('in' in schema)) assert.ok(['object', 'array', 'string', 'number', 'integer', 'boolean'].includes(type), type);
  }
  assert.deepEqual([...named].sort(), Object.keys(document.components.schemas).sort());
});

test('what changes something asks for the admin token and takes no GET', () => {
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    assert.equal(route.access === 'admin', route.method !== 'GET', name);
    if (route.access === 'open') assert.deepEqual(document.paths[route.path]?.[route.method.toLowerCase()]?.security, []);
  }
});
