import type { MaybeSignal } from '../abort.ts';
import { type Fields, isObject } from '../json-values.ts';
import type { RegistryClient } from './client.ts';
import { nextPage, parseJson, unavailable, unexpected } from './client.ts';

/** Path of Harbor's API, version 2.0. @see https://goharbor.io/docs/latest/working-with-projects/using-api-explorer */
export const apiPath = '/api/v2.0';
const pageSize = 100;
/** Limit of pages that are read of one list of Harbor's API: 200 pages with 100 items each. */
const maxPages = 200;

/** Client, project and abort signal, which each request of an operation on a Harbor project needs. */
export type HarborContext = { client: RegistryClient; project: string; signal: MaybeSignal };

/** Returns the fields of an object in a response of Harbor. Any other value has no fields. */
export const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});

const projectExists = async ({ client, project, signal }: HarborContext): Promise<boolean> => {
  const path = `${apiPath}/projects?project_name=${encodeURIComponent(project)}`;
  const response = await client.send(path, { method: 'HEAD', signal });
  if (response.status === 404) return false;
  if (response.status === 200) return true;
  throw unexpected(response, `looking for ${project}`);
};

/**
 * Reads a resource of a Harbor project. Returns the parsed body and the headers, or undefined where the project does
 * not exist. Administrators get 404 for a missing project. Robot accounts get 403, sometimes 401, so a second request
 * then tells whether the project exists.
 */
export const read = async (
  context: HarborContext,
  path: string,
): Promise<{ value: unknown; headers: Headers } | undefined> => {
  const response = await context.client.send(path, { signal: context.signal });
  if (response.status === 200) return { value: parseJson(response), headers: response.headers };
  if (response.status === 404) return undefined;
  if ((response.status === 401 || response.status === 403) && !(await projectExists(context))) return undefined;
  throw unexpected(response, path);
};

/**
 * Returns the items of all pages of a list of Harbor's API. The next page comes from the Link header, or without that
 * header from the total count.
 */
export const list = async (context: HarborContext, path: string): Promise<Fields[]> => {
  const items: Fields[] = [];
  let next: string | undefined = `${path}?page=1&page_size=${pageSize}`;
  for (let page = 1; next !== undefined && page <= maxPages; page += 1) {
    const response = await read(context, next);
    if (response === undefined) break;
    if (!Array.isArray(response.value)) throw unavailable(new Error(`${path}: no list`));
    items.push(...response.value.map(fieldsOf));
    const more = response.value.length > 0 && Number(response.headers.get('x-total-count') ?? 0) > items.length;
    next = nextPage(response.headers) ?? (more ? `${path}?page=${page + 1}&page_size=${pageSize}` : undefined);
  }
  return items;
};
