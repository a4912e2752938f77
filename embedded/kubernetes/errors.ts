import type { Kind } from './kinds.ts';
import { qualifiedName } from './kinds.ts';

/**
 * The body of every error response of the Kubernetes API.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: object;
  status: 'Failure';
  message: string;
  reason: string;
  details?: { name?: string; group?: string; kind?: string; causes?: Cause[] };
  code: number;
};

type Cause = { reason: string; message: string; field: string };

/**
 * A refused request, with the message and the reason that a real Kubernetes API server gives. `status` is the body of
 * the response.
 */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: Status['details'], metadata: object = {}) {
    super(message);
    const fixed = { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure' } as const;
    this.status = { ...fixed, message, reason, ...(details ? { details } : {}), code };
  }
}

const details = (kind: Kind, name: string): NonNullable<Status['details']> => ({
  name,
  ...(kind.group ? { group: kind.group } : {}),
  kind: kind.resource,
});

export const notFound = (kind: Kind, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${qualifiedName(kind)} "${name}" not found`, details(kind, name));

export const noSuchPath = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});

export const alreadyExists = (kind: Kind, name: string): StatusError =>
  new StatusError(409, 'AlreadyExists', `${qualifiedName(kind)} "${name}" already exists`, details(kind, name));

export const conflict = (kind: Kind, name: string, why: string): StatusError => {
  const message = `Operation cannot be fulfilled on ${qualifiedName(kind)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, details(kind, name));
};

export const modified = (kind: Kind, name: string): StatusError =>
  conflict(kind, name, 'the object has been modified; please apply your changes to the latest version and try again');

export const expired = (message: string): StatusError => new StatusError(410, 'Expired', message);

/**
 * Returns the error 410 for a continue token whose version of the list is forgotten.
 * @param next token with which the list goes on, with the present objects
 */
export const expiredList = (next: string): StatusError => {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  return new StatusError(410, 'Expired', message, undefined, { continue: next });
};

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

/**
 * Returns the error 422 for an invalid Kubernetes object.
 * @param causes the invalid fields, each with a message such as `Invalid value: "x": must be …`
 */
export const invalid = (kind: Kind, name: string, causes: { field: string; message: string }[]): StatusError => {
  const said = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  const title = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  return new StatusError(422, 'Invalid', `${title} "${name}" is invalid: ${list}`, {
    ...details(kind, name),
    kind: kind.kind,
    causes: causes.map((cause) => ({ reason: 'FieldValueInvalid', ...cause })),
  });
};

export const unsupportedMediaType = (accepted: readonly string[]): StatusError => {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
};

export const methodNotAllowed = (): StatusError => {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, 'MethodNotAllowed', message, {});
};

export const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized');

export const tooLarge = (message: string): StatusError => new StatusError(413, 'RequestEntityTooLarge', message);

/**
 * Returns the Status with which the API server responds to an error. Every error but a StatusError becomes 500
 * InternalError.
 */
export const toStatus = (error: unknown): Status => {
  if (error instanceof StatusError) return error.status;
  return new StatusError(500, 'InternalError', 'Internal error occurred').status;
};
