/** One cause of a refusal, from the Status object. A validation of an object names the path of the wrong field. */
export type RefusalCause = { reason?: string; message?: string; field?: string };

/** A refusal by the Kubernetes API server: the HTTP status, and the reason and the causes from the Status object. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly RefusalCause[];
  /**
   * Token with which a list goes on after the API server has refused its expired token with status 410. The list then
   * has the present objects.
   */
  readonly continue: string | undefined;

  constructor(status: number, reason: string, message: string, causes: readonly RefusalCause[] = [], next?: string) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.causes = causes;
    this.continue = next;
  }
}

/**
 * Tells whether an admission policy could not judge an object, because its parameters are missing or an expression
 * failed. The API server answers as for an invalid object, with the status 422 and the reason Invalid, but no cause
 * names a field. The same object may be accepted when the policy works again.
 */
export const isPolicyFailure = ({ status, causes }: KubeError): boolean =>
  status === 422 && causes.every(({ field }) => !field);

/**
 * Tells whether the API server refused an object that can never be accepted. A webhook that refuses an object without a
 * reason does not count: most such webhooks apply the policies of a cluster, which may change.
 */
export const isInvalidObject = (error: unknown): error is KubeError => {
  if (!(error instanceof KubeError)) return false;
  if (error.status === 422) return !isPolicyFailure(error);
  return error.status === 413 || (error.status === 400 && error.reason === 'BadRequest');
};

/** Tells whether an error means that a Kubernetes object does not exist. */
export const isNotFound = (error: unknown): boolean => error instanceof KubeError && error.status === 404;

/** Returns the requested Kubernetes object, or undefined where the object does not exist. */
export const ifFound = async <T>(requested: Promise<T>): Promise<T | undefined> => {
  try {
    return await requested;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/**
 * Tells whether a write failed because another writer was first: the object's resourceVersion is no longer the newest,
 * or the name is taken.
 */
export const isConflict = (error: unknown): boolean => error instanceof KubeError && error.status === 409;

/** Tells whether an error means that a Kubernetes object with the same name exists already. */
export const isAlreadyExists = (error: unknown): boolean =>
  isConflict(error) && (error as KubeError).reason === 'AlreadyExists';
