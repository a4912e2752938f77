import { forEachParallel } from '../concurrency.ts';
import { isObject } from '../json-values.ts';
import { type RegistryClient, unavailable, unexpected } from './client.ts';
import { apiPath, fieldsOf, type HarborContext, list, read } from './harbor-api.ts';
import { prepareProject } from './harbor-project.ts';
import type { Storage } from './sizes.ts';
import type { Cleaned, Strategy } from './strategy.ts';

const parallelDeletes = 4;

/**
 * Reads the storage of a Harbor project from the project's summary. `quota.hard.storage` is -1 where there is no limit.
 * Undefined for a summary without a quota: Harbor has quotas switched off, or the account may not read them.
 * @throws ApiError 503 registry_unavailable
 */
const readSummary = (summary: unknown): Storage | undefined => {
  if (!isObject(summary)) throw unavailable(new Error('no summary'));
  if (!isObject(summary.quota)) return undefined;
  const { storage: limit = -1 } = fieldsOf(summary.quota.hard);
  const used = fieldsOf(summary.quota.used).storage ?? 0;
  if (!Number.isSafeInteger(used) || !Number.isSafeInteger(limit))
    throw unavailable(new Error('a quota without numbers'));
  return { usedBytes: Math.max(0, Number(used)), limitBytes: Number(limit) < 0 ? undefined : Number(limit) };
};

/** Encodes a repository's name twice: proxies before Harbor decode the path once, and a slash must stay encoded. */
const encodeRepository = (name: string): string => encodeURIComponent(encodeURIComponent(name));

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

/** Makes a client of Harbor's API, version 2.0. */
export const createHarbor = (client: RegistryClient): Strategy => ({
  prepare: (project, signal) => prepareProject({ client, project, signal }),
  storage: async (project, signal) => {
    const response = await read({ client, project, signal }, `${apiPath}/projects/${project}/summary`);
    return response === undefined ? {} : readSummary(response.value);
  },
  clean: (project, signal) => cleanProject({ client, project, signal }),
});
