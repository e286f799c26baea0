/** Ends a `switch` over a closed union: a forgotten variant does not compile, and at run time names what slipped through. */
export function unreachable(value: never, what = 'value'): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
