import { noSuchPath } from './errors.ts';
import type { Kind } from './kinds.ts';
import { findKind } from './kinds.ts';

/** The collection, the object or the part of an object that the path of a Kubernetes API request names. */
export type Target = {
  kind: Kind;
  /** Namespace in the path of a request; undefined for all namespaces. */
  namespace: string | undefined;
  name: string | undefined;
  subresource: 'status' | 'log' | undefined;
};

const pathPattern =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<part>[^/]+))?)?\/?$/;

/** Parses the path of a Kubernetes API request. @throws StatusError 404 for a path at which no kind is served */
export const parsePath = (pathname: string): Target => {
  const found = pathPattern.exec(pathname)?.groups;
  const kind = findKind(found?.group ?? '', found?.core ?? found?.version ?? '', found?.plural ?? '');
  if (!found || !kind) throw noSuchPath();
  const { namespace, name, part } = found;
  if (name !== undefined && namespace === undefined) throw noSuchPath();
  return { kind, namespace: decode(namespace), name: decode(name), subresource: subresourceOf(kind, part) };
};

const subresourceOf = (kind: Kind, part: string | undefined): Target['subresource'] => {
  if (part === undefined) return undefined;
  if (part === 'status' && kind.statusSubresource) return 'status';
  if (part === 'log' && kind.resource === 'pods') return 'log';
  throw noSuchPath();
};

const decode = (text: string | undefined): string | undefined => {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    throw noSuchPath();
  }
};
