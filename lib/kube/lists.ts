import { KubeError } from './kube-error.ts';
import type { KubeList, KubeObject, ListMetadata } from './resources.ts';
import type { KubeRequest, Transport } from './transport.ts';

export type ListOptions = {
  labelSelector?: string;
  fieldSelector?: string;
  signal?: AbortSignal | undefined;
  /** Whether the items have their metadata only, which costs a tenth of whole runs. Default: whole items. */
  metadataOnly?: boolean;
  /** Limit of objects in one page, which the API server holds in memory. Default 500. */
  pageSize?: number;
};

const defaultPageSize = 500;

/** Media type of a list whose items have their metadata only. */
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const requestOf = (path: string, options: ListOptions, next: string | undefined): KubeRequest => ({
  method: 'GET',
  path,
  query: {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: String(options.pageSize ?? defaultPageSize),
    continue: next,
  },
  accept: options.metadataOnly ? metadataList : undefined,
  signal: options.signal,
});

/**
 * Returns a function that passes on each item once. A request that is sent again after its response was cut off reads
 * the first items of its page a second time.
 */
const once = <T extends KubeObject>(visit: (item: T) => void): ((item: T) => void) => {
  const names = new Set<string>();
  return (item) => {
    if (names.has(item.metadata.name)) return;
    names.add(item.metadata.name);
    visit(item);
  };
};

/**
 * Reads the pages of a list, and visits each object as soon as it is read, so that memory holds one object at a time.
 * The API server forgets the version of a list that takes longer than about five minutes. The list then goes on at the
 * same place with the objects as they are now: every object that stays during the list is visited once.
 * @param visit must not wait for anything: the API server ends a request whose response is not read within a minute
 * @returns the metadata of the first page
 * @throws KubeError; the error of `visit`
 */
export const scanList = async <T extends KubeObject>(
  transport: Transport,
  path: string,
  options: ListOptions,
  visit: (item: T) => void,
): Promise<ListMetadata> => {
  const page = async (next?: string, mayExpire = true): Promise<ListMetadata> => {
    try {
      return await transport.items(requestOf(path, options, next), once(visit));
    } catch (error) {
      const token = error instanceof KubeError && error.status === 410 ? error.continue : undefined;
      if (token === undefined || !mayExpire) throw error;
      return page(token, false);
    }
  };
  const first = await page();
  for (let next = first.continue; next; ) next = (await page(next)).continue;
  return first;
};

/** Returns all pages of a list of Kubernetes objects. @throws KubeError */
export const listAll = async <T extends KubeObject>(
  transport: Transport,
  path: string,
  options: ListOptions,
): Promise<KubeList<T>> => {
  const items: T[] = [];
  const metadata = await scanList<T>(transport, path, options, (item) => void items.push(item));
  return { metadata, items };
};
