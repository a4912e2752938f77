import { badRequest, expiredList, StatusError } from './errors.ts';
import type { Kind } from './kinds.ts';
import { apiVersionOf } from './kinds.ts';
import type { Target } from './route.ts';
import type { Matcher } from './selectors.ts';
import { fieldSelector, labelSelector } from './selectors.ts';
import type { VersionedStore } from './store.ts';
import type { Stored } from './store-state.ts';
import type { KubeObject } from './types.ts';

/**
 * The position after a page of a list of objects: the version of the first page and the key of the page's last object.
 * Without a version the list goes on with the version of the next page.
 */
type Continuation = { version?: number; after: string };

const tokenOf = (continuation: Continuation): string => Buffer.from(JSON.stringify(continuation)).toString('base64url');

/**
 * Returns a function that tells whether the selectors of a list or watch select an object.
 * @throws StatusError 400 for a selector that cannot be read
 */
export const matcherOf = (kind: Kind, query: URLSearchParams): Matcher => {
  const byLabel = query.get('labelSelector') ? labelSelector(query.get('labelSelector') ?? '') : () => true;
  const byField = query.get('fieldSelector') ? fieldSelector(kind, query.get('fieldSelector') ?? '') : () => true;
  return (object) => byField(object) && byLabel(object);
};

/**
 * Returns the query parameter resourceVersion as a number; 0 when the request has none.
 * @throws StatusError 400 for an invalid version, 504 for a version that the store has not reached yet
 */
export const versionOf = (store: VersionedStore, text: string | null): number => {
  if (text === null || text === '') return 0;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: invalid version`);
  const version = Number(text);
  if (version <= store.version()) return version;
  throw new StatusError(504, 'Timeout', `Too large resource version: ${version}, current: ${store.version()}`);
};

/**
 * Returns the JSON body of a list of objects, or of one page of at most `limit` objects. Each later page holds the
 * present objects but the version of the first page, so a watch from that version sends again the changes between the
 * pages.
 * @param accept the header Accept of the request
 */
export const listJson = (
  store: VersionedStore,
  { kind, namespace }: Target,
  query: URLSearchParams,
  accept: string,
): string => {
  versionOf(store, query.get('resourceVersion'));
  const matches = matcherOf(kind, query);
  const from = continuation(store, query.get('continue'));
  const found = store.entries(kind.resource, namespace).filter(({ object }) => matches(object));
  const rest = from ? found.filter(({ object }) => place(object) > from.after) : found;
  const limit = limitOf(query.get('limit'));
  const page = rest.slice(0, limit);
  const version = from?.version ?? store.version();
  const metadata = { resourceVersion: String(version), ...remaining(rest, page, version) };
  if (accept.includes(metadataListType)) return metadataListJson(metadata, page);
  const items = page.map((entry) => itemJson(kind, entry)).join(',');
  return `{"kind":"${kind.kind}List","apiVersion":"${apiVersionOf(kind)}","metadata":${JSON.stringify(metadata)},"items":[${items}]}`;
};

/** Part of the header Accept of a request for a list whose items have their metadata only. */
const metadataListType = 'as=PartialObjectMetadataList';

const metadataListJson = (metadata: object, page: readonly Stored[]): string => {
  const apiVersion = 'meta.k8s.io/v1';
  const items = page.map(({ object }) => ({ apiVersion, kind: 'PartialObjectMetadata', metadata: object.metadata }));
  // The API server writes null for such a list without items.
  const listed = items.length > 0 ? items : null;
  return JSON.stringify({ kind: 'PartialObjectMetadataList', apiVersion, metadata, items: listed });
};

const limitOf = (text: string | null): number => {
  const limit = Number(text ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw badRequest(`limit: Invalid value: ${JSON.stringify(text)}`);
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
};

const place = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

const remaining = (rest: Stored[], page: Stored[], version: number): object => {
  const last = page.at(-1);
  if (page.length === rest.length || !last) return {};
  const next: Continuation = { version, after: place(last.object) };
  return {
    continue: tokenOf(next),
    remainingItemCount: rest.length - page.length,
  };
};

const continuation = (store: VersionedStore, token: string | null): Continuation | undefined => {
  if (!token) return undefined;
  const from = decode(token);
  if (from.version !== undefined && store.since(from.version) === undefined)
    throw expiredList(tokenOf({ after: from.after }));
  return from;
};

const decode = (token: string): Continuation => {
  try {
    const { version, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Continuation;
    if (typeof after === 'string' && typeof version === 'number') return { version, after };
    if (typeof after === 'string' && version === undefined) return { after };
  } catch {
    // A continue token that is no JSON is refused like a token with other fields.
  }
  throw badRequest('continue key is not valid: unrecognized format');
};

const itemJson = (kind: Kind, { json }: Stored): string => {
  const types = `{"apiVersion":"${apiVersionOf(kind)}","kind":"${kind.kind}",`;
  return !kind.custom && json.startsWith(types) ? `{${json.slice(types.length)}` : json;
};
