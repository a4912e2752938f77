import type { MaybeSignal } from '../abort.ts';
import { forEachParallel } from '../concurrency.ts';
import type { ApiError } from '../errors.ts';
import type { RegistryClient, RegistryResponse } from './client.ts';
import { nextPage, parseJson, unavailable } from './client.ts';
import type { Storage } from './sizes.ts';
import type { Cleaned, Strategy } from './strategy.ts';

const apiPath = '/api/v2.0';
const pageSize = 100;
/** Limit of pages that are read of one list of Harbor's API: 200 pages with 100 items each. */
const maxPages = 200;
const parallelDeletes = 4;

/** Client, project and abort signal, which each request of an operation on a Harbor project needs. */
type HarborContext = { client: RegistryClient; project: string; signal: MaybeSignal };

type HarborFields = Record<string, unknown>;

const fieldsOf = (value: unknown): HarborFields =>
  typeof value === 'object' && value !== null ? (value as HarborFields) : {};

const unexpected = ({ status }: RegistryResponse, what: string): ApiError =>
  unavailable(new Error(`${what}: status ${status}`));

/**
 * Reads the storage of a Harbor project from the project's summary. `quota.hard.storage` is -1 where there is no limit.
 * @throws ApiError 503 registry_unavailable
 */
const readSummary = (summary: unknown): Storage => {
  if (typeof summary !== 'object' || summary === null || Array.isArray(summary))
    throw unavailable(new Error('no summary'));
  const quota = fieldsOf(fieldsOf(summary).quota);
  const { storage: limit = -1 } = fieldsOf(quota.hard);
  const used = fieldsOf(quota.used).storage ?? 0;
  if (!Number.isSafeInteger(used) || !Number.isSafeInteger(limit))
    throw unavailable(new Error('a summary without quota'));
  return { usedBytes: Math.max(0, Number(used)), limitBytes: Number(limit) < 0 ? undefined : Number(limit) };
};

/** Encodes a repository's name twice: proxies before Harbor decode the path once, and a slash must stay encoded. */
const encodeRepository = (name: string): string => encodeURIComponent(encodeURIComponent(name));

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
const read = async (
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
const list = async (context: HarborContext, path: string): Promise<HarborFields[]> => {
  const items: HarborFields[] = [];
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

/**
 * Deletes an artifact of a Harbor repository. Returns whether this request deleted the artifact. An artifact under an
 * immutability rule (412) stays.
 */
const remove = async ({ client, signal }: HarborContext, path: string): Promise<boolean> => {
  const response = await client.send(path, { method: 'DELETE', signal });
  if (response.status === 404 || response.status === 412) return false;
  if (response.status >= 200 && response.status < 300) return true;
  throw unexpected(response, path);
};

/** Deletes all artifacts of a Harbor repository, and returns how many were deleted. */
const cleanRepository = async (context: HarborContext, name: string): Promise<number> => {
  const path = `${apiPath}/projects/${context.project}/repositories/${encodeRepository(name)}/artifacts`;
  const digests = (await list(context, path)).map(({ digest }) => digest);
  let deleted = 0;
  await forEachParallel(
    digests.filter((digest) => typeof digest === 'string'),
    parallelDeletes,
    async (digest) => {
      if (await remove(context, `${path}/${digest}`)) deleted += 1;
    },
  );
  return deleted;
};

const cleanProject = async (context: HarborContext): Promise<Cleaned> => {
  const { project } = context;
  const found = await list(context, `${apiPath}/projects/${project}/repositories`);
  const names = found.map(({ name }) => String(name)).filter((name) => name.startsWith(`${project}/`));
  const cleaned: Cleaned = { deleted: 0, repositories: [] };
  for (const name of names) {
    const deleted = await cleanRepository(context, name.slice(project.length + 1));
    cleaned.deleted += deleted;
    if (deleted > 0) cleaned.repositories.push(name);
  }
  return cleaned;
};

/**
 * Makes a client of Harbor's API, version 2.0.
 * @see https://goharbor.io/docs/latest/working-with-projects/using-api-explorer
 */
export const createHarbor = (client: RegistryClient): Strategy => ({
  storage: async (project, signal) => {
    const response = await read({ client, project, signal }, `${apiPath}/projects/${project}/summary`);
    return response === undefined ? undefined : readSummary(response.value);
  },
  clean: (project, signal) => cleanProject({ client, project, signal }),
});
