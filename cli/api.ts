import type {
  BuildParameters,
  BuildResponse,
  IdResponse,
  ListResponse,
  MessagesResponse,
  QuotaResponse,
  StartResponse,
} from '../openapi/generated/types.ts';
import { objectFrom } from './answers.ts';
import { EXIT, Failure } from './failure.ts';
import type { Call, Incoming } from './http.ts';
import { createCaller, type RetryOptions } from './retry.ts';

export type LogQuery = {
  follow: boolean;
  cursor?: string | undefined;
  step?: string | undefined;
  tail?: string | undefined;
  /** Which lines, by the API's names. */
  since?: string | undefined;
  grep?: string | undefined;
  from_line?: string | undefined;
  lines?: string | undefined;
};

/** The calls of openapi.yaml; each throws a Failure. */
export type Api = {
  start: (parameters: BuildParameters, idempotencyKey: string) => Promise<StartResponse>;
  list: () => Promise<ListResponse>;
  get: (id: string) => Promise<BuildResponse>;
  latest: () => Promise<BuildResponse>;
  cancel: (id: string) => Promise<IdResponse>;
  remove: (id: string) => Promise<void>;
  clean: () => Promise<MessagesResponse>;
  quota: () => Promise<QuotaResponse>;
  /** The log as application/x-ndjson, just begun. */
  openLog: (id: string, query: LogQuery) => Promise<Incoming>;
};

const ANSWER_TIME = 30_000;
/** A log may be silent for long; after this it is asked for again, at its cursor. */
const LOG_SILENCE = 300_000;

function requireNdjson(message: Incoming, base: URL): Incoming {
  if (message.headers['content-type']?.startsWith('application/x-ndjson')) return message;
  message.destroy();
  throw new Failure(EXIT.unavailable, `${base.origin} does not offer logs as application/x-ndjson.`, {
    hint: 'It is an older version of the service, or the address is wrong.',
  });
}

const given = (parameters: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, value]] : [])));

const logQuery = ({ follow, tail, ...others }: LogQuery): Record<string, string> => ({
  follow: String(follow),
  ...given(others),
  // Counted from the end of the log, so it makes no sense once part of it was read.
  ...(others.cursor ? {} : given({ tail })),
});

/** @throws Failure when it is no id; so that none is taken for a part of the path */
function one(id: string): string {
  if (/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(id)) return `/builds/${id}`;
  throw new Failure(EXIT.usage, `"${id}" is not an id of a build.`, { hint: 'See `toolforge-build list`.' });
}

/** The API's client for one tool. It repeats what may be repeated (429, 503, broken connections). */
export function createApi(tool: string, options: RetryOptions): Api {
  const { base } = options;
  const call = createCaller(options);
  const prefix = `/tool/${encodeURIComponent(tool)}`;
  const ask = (method: Call['method'], path: string, more: Pick<Call, 'json' | 'headers'> = {}, repeatable = true) =>
    call({ method, path: prefix + path, silence: ANSWER_TIME, deadline: ANSWER_TIME, ...more }, { repeatable });
  const json = async <T>(key: string, reply: ReturnType<typeof ask>): Promise<T> =>
    objectFrom<T>((await reply).answer, base, key);
  return {
    start: (parameters, key) =>
      json('new_build', ask('POST', '/builds', { json: parameters, headers: { 'idempotency-key': key } })),
    list: () => json('builds', ask('GET', '/builds')),
    get: async (id) => json('build', ask('GET', one(id))),
    latest: () => json('build', ask('GET', '/builds/latest')),
    cancel: async (id) => json('id', ask('PUT', `${one(id)}/cancel`)),
    remove: async (id) => void (await ask('DELETE', one(id))),
    clean: () => json('messages', ask('POST', '/clean', {}, false)),
    quota: () => json('quota', ask('GET', '/quotas')),
    openLog: async (id, query) => {
      const path = `${prefix}${one(id)}/logs`;
      const headers = { accept: 'application/x-ndjson', 'accept-encoding': 'gzip' };
      const request: Call = { method: 'GET', path, query: logQuery(query), headers, silence: LOG_SILENCE };
      return requireNdjson((await call(request, { repeatable: true, stream: true })).message, base);
    },
  };
}
