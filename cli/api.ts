import type {
  BuildParameters,
  CancelResponse,
  CleanResponse,
  DeleteResponse,
  GetResponse,
  LatestResponse,
  ListResponse,
  QuotaResponse,
  StartResponse,
} from '../openapi/generated/types.ts';
import { type CallerOptions, type CallOptions, createCaller } from './call.ts';
import { exitCodes, Failure } from './failure.ts';
import type { ApiRequest, ResponseStream } from './http.ts';
import { isBuildId, type ResponseKey } from './response-shapes.ts';
import { objectFrom } from './responses.ts';

/** Query parameters of a request for a build's log, by the names that the API uses. */
export type LogQuery = {
  follow: boolean;
  cursor?: string | undefined;
  step?: string | undefined;
  tail?: string | undefined;
  since?: string | undefined;
  grep?: string | undefined;
  from_line?: string | undefined;
  lines?: string | undefined;
};

/** Functions that are called when an attempt of a request begins, and when it has failed. */
type Attempts = Pick<CallOptions, 'onAttempt' | 'onFailedAttempt'>;

/**
 * A client of the builds API for one tool. Each method sends the request of one operation in openapi.yaml, and throws a
 * Failure when the operation fails.
 */
export type Api = {
  /** The tool whose builds the requests are about. */
  tool: string;
  start: (parameters: BuildParameters, idempotencyKey: string, attempts?: Attempts) => Promise<StartResponse>;
  /** @param attempts limit of attempts. Default: 5 */
  list: (attempts?: number) => Promise<ListResponse>;
  get: (id: string) => Promise<GetResponse>;
  latest: () => Promise<LatestResponse>;
  cancel: (id: string) => Promise<CancelResponse>;
  remove: (id: string) => Promise<void>;
  clean: () => Promise<CleanResponse>;
  quota: () => Promise<QuotaResponse>;
  /** Requests a build's log as application/x-ndjson, and returns the response before its body is read. */
  openLog: (id: string, query: LogQuery) => Promise<ResponseStream>;
};

/**
 * Time limit for a response of the API in milliseconds. A log has no such limit, because it lasts as long as its build.
 */
export const responseMs = 30_000;
/**
 * Longest time without a byte on a log stream, in milliseconds. The log is then requested again from the last cursor.
 */
const logIdleMs = 300_000;

const requireNdjson = (stream: ResponseStream, base: URL): ResponseStream => {
  if (stream.headers['content-type']?.startsWith('application/x-ndjson')) return stream;
  stream.destroy();
  throw new Failure(exitCodes.unavailable, `${base.origin} does not offer logs as application/x-ndjson.`, {
    hint: 'The service is an older version, or the address is wrong.',
  });
};

const withoutEmpty = (parameters: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, value]] : [])));

/**
 * Returns the query of a request for a log. `tail` counts from the end of the log, so it is left out when the request
 * resumes a log at a cursor.
 */
const logParameters = ({ follow, tail, ...others }: LogQuery): Record<string, string> => ({
  follow: String(follow),
  ...withoutEmpty(others),
  ...(others.cursor ? {} : withoutEmpty({ tail })),
});

/**
 * Returns the path of a build in the API: `/builds/ID`.
 * @throws Failure for text that is not a build id. Text with a slash would lead to another path of the API
 */
const pathOf = (id: string): string => {
  if (isBuildId(id)) return `/builds/${id}`;
  throw new Failure(exitCodes.usage, `"${id}" is not an id of a build.`, { hint: 'See `toolforge-build list`.' });
};

/**
 * Checks that a response is about the build that a request named.
 * @throws Failure for a response about another build: then nobody knows what became of the named build
 */
const requireSame = (asked: string, answered: string, base: URL): void => {
  if (asked === answered) return;
  throw new Failure(exitCodes.unavailable, `${base.origin} responded about the build ${answered}, not ${asked}.`, {
    hint: 'Check the address: see --api-url and TOOL_TOOLFORGE_API_URL.',
  });
};

/** Returns a client of the builds API for one tool. */
export const createApi = (tool: string, options: CallerOptions): Api => {
  const { base } = options;
  const call = createCaller(options);
  const prefix = `/tool/${encodeURIComponent(tool)}`;
  type Extra = Pick<ApiRequest, 'json' | 'headers'>;
  const send = (method: ApiRequest['method'], path: string, extra: Extra = {}, options: Partial<CallOptions> = {}) => {
    const request = { method, path: prefix + path, idleMs: responseMs, deadlineMs: responseMs, ...extra };
    return call(request, { repeatable: true, ...options });
  };
  const json = async <T>(key: ResponseKey, result: ReturnType<typeof send>): Promise<T> =>
    objectFrom<T>((await result).response, base, key);
  return {
    tool,
    start: (parameters, key, attempts) =>
      json('new_build', send('POST', '/builds', { json: parameters, headers: { 'idempotency-key': key } }, attempts)),
    list: (attempts) => json('builds', send('GET', '/builds', {}, { attempts })),
    get: async (id) => {
      const response = await json<GetResponse>('build', send('GET', pathOf(id)));
      requireSame(id, response.build.build_id, base);
      return response;
    },
    latest: () => json('build', send('GET', '/builds/latest')),
    cancel: async (id) => {
      const response = await json<CancelResponse>('id', send('PUT', `${pathOf(id)}/cancel`));
      requireSame(id, response.id, base);
      return response;
    },
    remove: async (id) => {
      const { response } = await send('DELETE', pathOf(id));
      // With 404 an earlier attempt of the same request has deleted the build, and its response was lost.
      if (response.status !== 404) requireSame(id, objectFrom<DeleteResponse>(response, base, 'id').id, base);
    },
    clean: () => json('messages', send('POST', '/clean', {}, { repeatable: false })),
    quota: () => json('quota', send('GET', '/quotas')),
    openLog: async (id, query) => {
      const path = `${prefix}${pathOf(id)}/logs`;
      const headers = { accept: 'application/x-ndjson', 'accept-encoding': 'gzip' };
      const request: ApiRequest = { method: 'GET', path, query: logParameters(query), headers, idleMs: logIdleMs };
      return requireNdjson((await call(request, { repeatable: true, stream: true })).stream, base);
    },
  };
};
