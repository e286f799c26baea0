/** `@scope/logRotate` -> `SCOPE_LOG_ROTATE`: a name as part of a variable's. */
export function constantCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '').toUpperCase();
}
