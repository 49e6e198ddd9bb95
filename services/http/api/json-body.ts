import type { FastifyInstance } from 'fastify';
import { httpErrors } from '../errors.js';

/** No body of the API is nested deeper than three levels. */
export const MAX_DEPTH = 32;

/** The API takes JSON and nothing else; what machines send as text is not for it. */
export function acceptJsonOnly(instance: FastifyInstance): void {
  const parse = instance.getDefaultJsonParser('error', 'error');
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (depthOf(body) > MAX_DEPTH) return done(httpErrors.REQUEST_TOO_DEEP({ depth: MAX_DEPTH }));
    return parse(request, body, done);
  });
}

/** How deep arrays and objects are nested, told without parsing: who walks through the parsed value would need as deep a stack. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125];
