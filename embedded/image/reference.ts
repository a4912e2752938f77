import { createHash } from 'node:crypto';

/**
 * The parts of an image reference such as `127.0.0.1:5000/tool-x/web:latest@sha256:…`. A missing part is an empty
 * string.
 */
export type ImageReference = { host: string; repository: string; tag: string; digest: string };

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
/**
 * Patterns of valid repository names, tags and digests.
 * @see OCI distribution specification 1.1, "Pulling manifests"
 */
export const repositoryPattern: RegExp = new RegExp(`^${component}(?:/${component})*$`);
export const tagPattern: RegExp = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
export const digestPattern: RegExp = /^sha256:[a-f0-9]{64}$/;

/** The first component of an image reference is a host when it holds a dot or a port, or is localhost. */
const splitHost = (name: string): { host: string; repository: string } => {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? { host: first, repository: name.slice(slash + 1) } : { host: '', repository: name };
};

/** Parses an image reference. @throws Error when the text is no image reference */
export const parseReference = (text: string): ImageReference => {
  const [named = '', digest = ''] = text.split('@', 2);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const { host, repository } = splitHost(tagged ? named.slice(0, colon) : named);
  const tag = tagged ? named.slice(colon + 1) : '';
  const valid =
    repositoryPattern.test(repository) &&
    repository.length <= 255 &&
    (!tagged || tagPattern.test(tag)) &&
    (!text.includes('@') || digestPattern.test(digest));
  if (!valid) throw new Error(`"${text}" is no image reference. Write HOST/REPOSITORY:TAG in lower case.`);
  return { host, repository, tag, digest };
};

/**
 * Longest name in characters that a repository's file or folder gets. File systems allow 255 bytes, and the names of
 * temporary files add a suffix.
 */
const longestName = 200;

/**
 * Returns the name of an image repository as the name of one file or folder. A long name becomes its SHA-256 digest.
 */
export const fileNameOf = (repository: string): string => {
  const name = encodeURIComponent(repository);
  return name.length <= longestName ? name : createHash('sha256').update(repository).digest('hex');
};
