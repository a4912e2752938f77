/**
 * Matches a name of a Kubernetes object, which the id of a build is as well. Other names, such as `..`, would lead to
 * another path of a server, and may hold characters that mean something on a command line.
 */
const pattern = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** Tells whether a value is a name of a Kubernetes object. */
export const isObjectName = (value: unknown): value is string => typeof value === 'string' && pattern.test(value);
