/** "-a 'b c' d\ e" -> ["-a", "b c", "d e"]: blanks separate, quotes keep together, a backslash outside single quotes keeps the next character. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    const next = line.charAt(i + 1);
    if (quote !== '') {
      if (c === quote) quote = '';
      else if (c === '\\' && quote === '"' && (next === '"' || next === '\\')) { word = (word ?? '') + next; i++; }
      else word = (word ?? '') + c;
    } else if (c === '"' || c === '\'') {
      quote = c;
      word ??= '';
    } else if (c === '\\' && /[\s"'\\]/.test(next)) {
      // Only before what has a meaning here: a regex such as `\d+` or a Windows path stays as it was typed.
      word = (word ?? '') + next;
      i++;
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** A value of unknown type as a person would recognise it in a message, at most 80 characters. */
export function showValue(v: unknown): string {
  if (typeof v === 'function') return 'a function';
  if (Array.isArray(v) && v.length > 4) return `a list of ${v.length}`;
  if (typeof v !== 'string' && (typeof v !== 'object' || v === null)) return String(v);
  const text = json(v);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function json(v: unknown): string {
  try {
    return JSON.stringify(v);
  } catch {
    // A config made by JavaScript may hold cycles and bigints; the message needs only to say that it is an object.
    return 'an object';
  }
}
