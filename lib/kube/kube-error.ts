/** The API server's refusal, with the status and reason of its Status object. */
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

/** No such object. */
export const isNotFound = (error: unknown): boolean => error instanceof KubeError && error.status === 404;

/** What was asked for, or undefined where there is no such object. */
export const ifFound = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/** Another writer was first: the resourceVersion is no longer the newest, or the name is taken. */
export const isConflict = (error: unknown): boolean => error instanceof KubeError && error.status === 409;

export const isAlreadyExists = (error: unknown): boolean =>
  isConflict(error) && (error as KubeError).reason === 'AlreadyExists';
