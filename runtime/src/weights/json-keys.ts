/**
 * The first key that some object of a valid JSON text has twice; JSON.parse keeps the last one in
 * silence.
 */
export function duplicateKey(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const found = match[0];
    if (found === "{") scopes.push(new Set());
    else if (found === "[") scopes.push(undefined);
    else if (found === "}" || found === "]") scopes.pop();
    else if (match[1] !== undefined) {
      const key = JSON.parse(found.slice(0, found.length - match[1].length)) as string;
      const scope = scopes[scopes.length - 1];
      if (scope?.has(key) === true) return key;
      scope?.add(key);
    }
  }
  return undefined;
}
