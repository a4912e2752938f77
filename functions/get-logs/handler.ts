import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildView } from '../../lib/builds/build-view.ts';
import type { ReadContext } from '../../lib/builds/context.ts';
import type { ApiRequest, Handler } from '../../lib/http/types.ts';
import { Broadcasts } from '../../lib/logs/broadcast/broadcasts.ts';
import type { LogMasks } from '../../lib/logs/from-settings.ts';
import { sinceTime } from '../../lib/logs/query/since.ts';
import { checkRead, readLog } from '../../lib/logs/read.ts';
import { type ContentCoding, createGzipCoding, identityCoding } from '../../lib/logs/response/compress.ts';
import { type Encoder, encoders } from '../../lib/logs/response/encode.ts';
import { acceptsGzip, chooseFormat, type LogFormat } from '../../lib/logs/response/negotiate.ts';
import { logHeaders, writeLog } from '../../lib/logs/response/write-log.ts';
import type { ReadOptions } from '../../lib/logs/sources/read-options.ts';
import type { BuildState, BuildView } from '../../lib/logs/types.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import type { ObjectStore } from '../../lib/store/types.ts';

export type GetLogsOptions = ReadContext &
  LogMasks & {
    store: ObjectStore;
    /** Milliseconds after which a log stream ends itself with its cursor, before the platform aborts the request. */
    selfCloseMs: number;
    /** Signal that fires on SIGTERM, so that every log stream ends with its cursor. */
    shutdown: AbortSignal;
    /**
     * Whether log streams in the format `text` continue after SIGTERM, to their end or to `selfCloseMs`, because
     * clients of this format can't resume. Default: false.
     */
    textDrains?: boolean;
  };

const keepAliveMs = 15_000;

/** Tells whether a query parameter is true. Python clients send `True` with a capital letter. */
const isTrue = (text: string | undefined): boolean => ['true', 'True', '1'].includes(text ?? '');

const toNumber = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/**
 * Returns the cursor at which a log stream resumes. A browser's EventSource sends the id of its last event in
 * Last-Event-ID, and its URL keeps the cursor of the first request, so Last-Event-ID comes first.
 */
const cursorOf = ({ params, headers }: ApiRequest): string | undefined => {
  const lastEventId = headers['last-event-id'];
  return typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : params.cursor;
};

/**
 * Time in milliseconds for which a log request reuses the state of its build. Each read of the state costs requests to
 * the API server.
 */
const stateMaxAgeMs = 100;

const cacheBriefly = (view: BuildView): BuildView => {
  let readAt = Number.NEGATIVE_INFINITY;
  let state: Promise<BuildState>;
  return {
    read: () => {
      if (performance.now() - readAt < stateMaxAgeMs) return state;
      readAt = performance.now();
      state = view.read();
      return state;
    },
  };
};

type Shared = { broadcasts: Broadcasts; viewOf: (tool: string, id: string) => BuildView };

/**
 * Makes the objects that all log requests to this instance share: broadcasts, and a single flight for simultaneous
 * reads of the state of one build.
 */
const createShared = (options: GetLogsOptions): Shared => {
  const singleFlight = createSingleFlight<BuildState>();
  return {
    broadcasts: new Broadcasts(),
    viewOf: (tool, id) => ({
      read: () => singleFlight(`${tool}/${id}`, () => buildView(options, tool, id).read()),
    }),
  };
};

const readOptions = (
  options: GetLogsOptions,
  { broadcasts, viewOf }: Shared,
  request: ApiRequest,
): Omit<ReadOptions, 'signal' | 'chunkEncoding'> => {
  const { toolname: tool = '', id = '', follow, step, tail, grep, since, from_line, lines } = request.params;
  const cursor = cursorOf(request);
  return {
    ...options,
    tool,
    broadcasts,
    view: cacheBriefly(viewOf(tool, id)),
    follow: isTrue(follow),
    cursor,
    step,
    tail: toNumber(tail),
    grep,
    since: sinceTime(since, options.now(), cursor !== undefined),
    fromLine: toNumber(from_line),
    lines: toNumber(lines),
  };
};

const sendHead = (res: ServerResponse, encoder: Encoder, coding: ContentCoding): void => {
  res.writeHead(200, logHeaders(encoder, coding)).end();
};

const codingFor = ({ headers }: IncomingMessage): ContentCoding =>
  acceptsGzip(headers['accept-encoding']?.toString()) ? createGzipCoding() : identityCoding;

const neverAborted = new AbortController().signal;

/**
 * Returns the signal that ends a log stream early. The signal fires on SIGTERM, but never for the format `text` when
 * `textDrains` is set.
 */
const stopSignal = ({ shutdown, textDrains }: GetLogsOptions, format: LogFormat): AbortSignal =>
  format === 'text' && textDrains ? neverAborted : shutdown;

/** Makes the handler of get-logs, which streams a build's log in the format that the client accepts. */
export const createGetLogs = (options: GetLogsOptions): Handler => {
  const shared = createShared(options);
  return async (request) => {
    const format = chooseFormat(request.headers.accept, request.params.format);
    const read = readOptions(options, shared, request);
    // The options of a log request are checked before the response begins, for HEAD too, so that an invalid request
    // gets an ordinary error.
    await checkRead({ ...read, signal: request.signal });
    const stream = async (res: ServerResponse, req: IncomingMessage): Promise<void> => {
      const coding = codingFor(req);
      if (req.method === 'HEAD') return sendHead(res, encoders[format], coding);
      await writeLog(res, (signal, chunkEncoding) => readLog({ ...read, signal, chunkEncoding }), encoders[format], {
        selfCloseMs: options.selfCloseMs,
        keepAliveMs,
        coding,
        signal: stopSignal(options, format),
        onError: (error) => options.log('ERROR', 'a log stream broke', { tool: read.tool, error }),
      });
    };
    return { stream };
  };
};
