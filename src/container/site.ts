/** File and line of the caller's caller: where a registration stands in the user's code. */
export function site(): string {
  // The lines are: the message, this function, the method of the container, its caller.
  const line = new Error('where').stack?.split('\n')[3] ?? '';
  return /^\s*at (?:.*\()?(.*?)\)?$/.exec(line)?.[1]?.replace(/^file:\/\//, '') ?? 'at a place unknown';
}
