import { VERSION } from '../base/version.js';
import { ROUTES, type Route, type RouteName } from './api.js';
import type { LiveEvents } from './api-types.js';
import { SCHEMAS } from './openapi-records.js';
import type { JsonSchema } from './shape.js';

const FAILURE = { type: 'object', required: ['error'], properties: { error: { type: 'object', required: ['code', 'message', 'data'], properties: { code: { type: 'string' }, message: { type: 'string' }, hint: { type: 'string' }, data: { type: 'object' } } } } };
const EVENTS: { readonly [E in keyof LiveEvents]: string } = {
  processes: 'whole first (`full`), then rows that changed and ids that are gone', machine: 'each second', metrics: 'of the targets of `?metrics=`, each second', log: 'lines of the targets of `?logs=`, ten times a second at most',
  operation: 'an install, update, rollback or removal went on', module: 'modules changed: ask again', jobs: 'jobs or schedules changed: ask again', daemon: 'it is up, gone, or back',
};

/** The OpenAPI document, made of the table of routes. */
export function openapi(): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  return {
    openapi: '3.1.0',
    info: { title: 'mgr', version: VERSION, description: 'The dashboard\'s API. `mgr web` prints a link with the token; send it as `Authorization: Bearer <token>`.' },
    servers: [{ url: '/' }], security: [{ token: [] }], paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } }, schemas: { ...SCHEMAS, Failure: FAILURE } },
  };
}

function operation(name: RouteName, route: Route): JsonSchema {
  const { answer } = route;
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, p]) => ({ name: p, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(route.query ?? {}).map(([key, shape]) => ({ name: key, in: 'query', required: shape.optional !== true, schema: shape.json }));
  const ref = answer.name === undefined ? undefined : { $ref: `#/components/schemas/${answer.name}` };
  const schema = ref === undefined ? { type: answer.media === 'application/json' ? 'object' : 'string' } : answer.list ? { type: 'array', items: ref } : ref;
  const failure = { description: 'Refused or failed', content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } } };
  return {
    operationId: name, summary: route.about, tags: [route.tag],
    ...(name === 'events' && { description: Object.entries(EVENTS).map(([event, about]) => `- \`${event}\`: ${about}`).join('\n') }),
    ...(inPath.length + inQuery.length > 0 && { parameters: [...inPath, ...inQuery] }),
    ...(route.body && { requestBody: { required: route.body.optional !== true, content: { 'application/json': { schema: route.body.json } } } }),
    ...(route.access === 'open' && { security: [] }),
    'x-access': route.access,
    responses: {
      [String(answer.status)]: { description: answer.status === 202 ? 'It has begun' : 'Done', ...(answer.media !== '' && { content: { [answer.media]: { schema } } }) },
      ...(route.access !== 'open' && { 401: { ...failure, description: 'No token, or a wrong one' }, 403: { ...failure, description: 'A foreign Host or Origin, or a token that may only look' } }),
      default: failure,
    },
  };
}
