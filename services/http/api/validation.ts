import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import Value from 'typebox/value';
import { FogdError } from '#errors.js';
import { httpErrors } from '../errors.js';

/** One field that is not as its schema wants it. */
export interface FieldProblem {
  /** `body.macs.0`, `query.limit`. */
  readonly field: string;
  readonly expected: string;
}

/** A request that its schema refuses. Says what is expected, never what was sent: that may be a password. */
export class InvalidRequest extends FogdError {
  constructor(readonly fields: readonly FieldProblem[]) {
    const what = fields.map(({ field, expected }) => `${field} ${expected}`).join('; ');
    const { code, message, remedy, status, facts } = httpErrors.REQUEST_INVALID({ what });
    super(code, message, remedy, status, facts);
  }
}

const MOST_PROBLEMS = 10;
/** Compiled once for all applications, and only when a request comes: most routes are not asked for in the life of a daemon. */
const compiled = new WeakMap<object, Validator>();

function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema);
    compiled.set(schema, validator);
  }
  return validator;
}

const PLACES: Readonly<Record<string, string>> = { body: 'body', querystring: 'query', params: 'path' };

/** Checks a part of a request. Text of a query or a path becomes a number or a boolean; a body must have the right types itself. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const place = PLACES[httpPart ?? 'body'] ?? String(httpPart);
  return (data: unknown) => {
    const value = httpPart === 'body' ? data : Value.Convert(schema, { ...(data as object) });
    const validator = validatorOf(schema);
    if (validator.Check(value)) return { value };
    return { error: new InvalidRequest(problems(validator.Errors(value), place)) };
  };
};

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: unknown;
  readonly message: string;
}

/** The first complaint about each field. */
function problems(errors: readonly SchemaError[], place: string): FieldProblem[] {
  const found = new Map<string, FieldProblem>();
  for (const error of errors) {
    // The schema `false` of additionalProperties reports the same field a second time.
    if (error.keyword === 'boolean') continue;
    for (const { field, expected } of explain(error)) {
      const full = [place, ...field].join('.');
      if (!found.has(full)) found.set(full, { field: full, expected });
    }
  }
  return [...found.values()].slice(0, MOST_PROBLEMS);
}

function explain({ keyword, instancePath, params, message }: SchemaError) {
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  const facts = params as {
    readonly additionalProperties?: readonly string[];
    readonly requiredProperties?: readonly string[];
    readonly allowedValues?: readonly unknown[];
  };
  if (keyword === 'additionalProperties')
    return (facts.additionalProperties ?? []).map((name) => ({
      field: [...path, name.slice(0, 64)],
      expected: 'is not known here',
    }));
  if (keyword === 'required')
    return (facts.requiredProperties ?? []).map((name) => ({
      field: [...path, name],
      expected: 'is missing',
    }));
  if (keyword === 'enum')
    return [{ field: path, expected: `must be one of ${(facts.allowedValues ?? []).join(', ')}` }];
  return [{ field: path, expected: message }];
}

const unescapePointer = (text: string): string =>
  text.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 64);
