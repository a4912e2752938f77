/** A refusal by the Kubernetes API server, with the HTTP status, and the reason from the Status object. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

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
