/** Form bodies and queries as FOS and iPXE write them: tolerant, and never an error (spec fos-protocol 0.3). */

/** Fields of a form body. Pairs are split at the first `=` only; the first of a repeated name counts. */
export function parseFields(body: string): Map<string, string> {
  return parsePairs(body, (text) => percentDecode(text.replaceAll('+', ' ')));
}

/** Fields of a query. A `+` stays: iPXE's `:uristring` does not encode it. */
export function parseQuery(query: string): Map<string, string> {
  return parsePairs(query, percentDecode);
}

function parsePairs(text: string, decode: (text: string) => string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at)).trim();
    if (name !== '' && !fields.has(name)) fields.set(name, at < 0 ? '' : decode(pair.slice(at + 1)));
  }
  return fields;
}

/** Leaves alone what is no escape: FOS sends raw text. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  const decode = (escaped: string) => Buffer.from(escaped.replaceAll('%', ''), 'hex').toString('utf8');
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, decode);
}
