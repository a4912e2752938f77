import { forEachParallel } from '../concurrency.ts';
import type { RegistryClient, RegistryResponse } from './client.ts';
import { nextPage, parseJson, unavailable } from './client.ts';
import type { Cleaned } from './registry.ts';
import type { Storage } from './sizes.ts';

const api = '/api/v2.0';
const PAGE = 100;
const maxPages = 200;
const deletesAtOnce = 4;

export type Harbor = {
  storage(project: string, signal: AbortSignal | undefined): Promise<Storage | undefined>;
  clean(project: string, signal: AbortSignal | undefined): Promise<Cleaned>;
};

type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const refused = (answer: RegistryResponse, what: string) => unavailable(new Error(`${what}: status ${answer.status}`));

/** `quota.hard.storage` is -1 where there is no limit. @throws ApiError 503 registry_unavailable */
const readSummary = (summary: unknown): Storage => {
  if (typeof summary !== 'object' || summary === null || Array.isArray(summary))
    throw unavailable(new Error('no summary'));
  const quota = fieldsOf(fieldsOf(summary).quota);
  const hard = fieldsOf(quota.hard).storage;
  const used = fieldsOf(quota.used).storage ?? 0;
  const limit = hard === undefined ? -1 : hard;
  if (!Number.isSafeInteger(used) || !Number.isSafeInteger(limit))
    throw unavailable(new Error('a summary without quota'));
  return { usedBytes: Math.max(0, Number(used)), limitBytes: Number(limit) < 0 ? undefined : Number(limit) };
};

/** Repository names are encoded twice: proxies before Harbor decode once, and a slash must survive that. */
const encodeRepository = (name: string): string => encodeURIComponent(encodeURIComponent(name));

/**
 * Harbor's API, version 2.0 (https://goharbor.io/docs/latest/working-with-projects/using-api-explorer). A project
 * that does not exist is 404 for administrators and 403, at times 401, for robot accounts, so these are looked at twice.
 */
export const createHarbor = (client: RegistryClient): Harbor => {
  const exists = async (project: string, signal: AbortSignal | undefined): Promise<boolean> => {
    const path = `${api}/projects?project_name=${encodeURIComponent(project)}`;
    const answer = await client.send(path, { method: 'HEAD', signal });
    if (answer.status === 404) return false;
    if (answer.status === 200) return true;
    throw refused(answer, `looking for ${project}`);
  };

  /** The parsed answer, or undefined where the project does not exist. */
  const read = async (project: string, path: string, signal: AbortSignal | undefined) => {
    const answer = await client.send(path, { signal });
    if (answer.status === 200) return { value: parseJson(answer), headers: answer.headers };
    if (answer.status === 404) return undefined;
    if ((answer.status === 401 || answer.status === 403) && !(await exists(project, signal))) return undefined;
    throw refused(answer, path);
  };

  /** All pages of a list: by the Link header, or else by the total count. */
  const list = async (project: string, path: string, signal: AbortSignal | undefined): Promise<Fields[]> => {
    const items: Fields[] = [];
    let next: string | undefined = `${path}?page=1&page_size=${PAGE}`;
    for (let page = 1; next !== undefined && page <= maxPages; page += 1) {
      const answer = await read(project, next, signal);
      if (answer === undefined) break;
      if (!Array.isArray(answer.value)) throw unavailable(new Error(`${path}: no list`));
      items.push(...answer.value.map(fieldsOf));
      const more = answer.value.length > 0 && Number(answer.headers.get('x-total-count') ?? 0) > items.length;
      next = nextPage(answer.headers) ?? (more ? `${path}?page=${page + 1}&page_size=${PAGE}` : undefined);
    }
    return items;
  };

  /** Whether it was this call that deleted it. What an immutability rule holds (412) stays. */
  const remove = async (path: string, signal: AbortSignal | undefined): Promise<boolean> => {
    const answer = await client.send(path, { method: 'DELETE', signal });
    if (answer.status === 404 || answer.status === 412) return false;
    if (answer.status >= 200 && answer.status < 300) return true;
    throw refused(answer, path);
  };

  const cleanRepository = async (project: string, name: string, signal: AbortSignal | undefined): Promise<number> => {
    const path = `${api}/projects/${project}/repositories/${encodeRepository(name)}/artifacts`;
    const digests = (await list(project, path, signal)).map(({ digest }) => digest);
    let deleted = 0;
    await forEachParallel(
      digests.filter((digest) => typeof digest === 'string'),
      deletesAtOnce,
      async (digest) => {
        if (await remove(`${path}/${digest}`, signal)) deleted += 1;
      },
    );
    return deleted;
  };

  return {
    storage: async (project, signal) => {
      const answer = await read(project, `${api}/projects/${project}/summary`, signal);
      return answer === undefined ? undefined : readSummary(answer.value);
    },
    clean: async (project, signal) => {
      const found = await list(project, `${api}/projects/${project}/repositories`, signal);
      const names = found.map(({ name }) => String(name)).filter((name) => name.startsWith(`${project}/`));
      const cleaned = { deleted: 0, repositories: [] as string[] };
      for (const name of names) {
        const deleted = await cleanRepository(project, name.slice(project.length + 1), signal);
        cleaned.deleted += deleted;
        if (deleted > 0) cleaned.repositories.push(name);
      }
      return cleaned;
    },
  };
};
