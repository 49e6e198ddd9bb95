import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { httpErrors } from '../errors.js';
import { fields } from './route-types.js';
import { InvalidRequest } from './validation.js';

/** An error as the API tells it (RFC 9457). */
export const Problem = fields(
  {
    type: Type.String({ description: 'urn:fogd:error: and the code.' }),
    status: Type.Integer(),
    title: Type.String({ description: 'The code; docs/reference/errors.md lists them.' }),
    detail: Type.String({ description: 'What happened, to which thing.' }),
    remedy: Type.String({ description: 'What to do.' }),
    errors: Type.Optional(
      Type.Array(fields({ field: Type.String(), expected: Type.String() }), {
        description: 'Where the request itself is wrong: each field, and what is expected of it.',
      }),
    ),
  },
  'Problem',
);

export function sendProblem(reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = thrown instanceof FogdError ? thrown : translate(thrown);
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="fogd"');
  if (error.status === 429) reply.header('retry-after', String(error.facts.seconds ?? 60));
  return reply
    .code(error.status)
    .type('application/problem+json')
    .send({
      type: `urn:fogd:error:${error.code}`,
      status: error.status,
      title: error.code,
      detail: error.message,
      remedy: error.remedy,
      ...(error instanceof InvalidRequest ? { errors: error.fields } : {}),
    });
}

/** What Fastify finds wrong with a request before a route sees it, in the words of the catalogue. */
function translate(error: unknown): FogdError {
  const { statusCode = 500 } = error as { readonly statusCode?: number };
  switch (errnoOf(error)) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return httpErrors.REQUEST_TOO_LARGE({});
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return httpErrors.REQUEST_NO_JSON_TYPE({});
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return httpErrors.REQUEST_INVALID({ what: 'its address is too long, or is not encoded as a URL is' });
  }
  if (statusCode === 400) return httpErrors.REQUEST_NOT_JSON({ reason: messageOf(error) }, error);
  if (statusCode < 500) return httpErrors.REQUEST_INVALID({ what: messageOf(error) }, error);
  return httpErrors.REQUEST_FAILED({ reason: messageOf(error) }, error);
}
