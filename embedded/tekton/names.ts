import { createHash } from 'node:crypto';

const maxNameLength = 63;
const hashedPrefixLength = 32;

/**
 * Returns the name of a child object: the parent's name and a suffix. A name over 63 characters gets a hash in the
 * place of its middle.
 * @see https://pkg.go.dev/knative.dev/pkg/kmeta#ChildName
 */
export const childName = (parent: string, suffix: string): string => {
  if (parent.length <= maxNameLength - suffix.length) return parent + suffix;
  const head = maxNameLength - hashedPrefixLength;
  if (head <= suffix.length) {
    const hashed = parent.slice(0, head) + md5(parent + suffix);
    return (hashed + suffix.slice(0, maxNameLength - hashed.length)).replace(/[^a-z0-9]+$/, '');
  }
  return parent.slice(0, head - suffix.length) + md5(parent) + suffix;
};

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
