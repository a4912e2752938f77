import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildView } from '../../lib/builds/build-view.ts';
import type { ReadContext } from '../../lib/builds/context.ts';
import type { ApiRequest, Handler } from '../../lib/http/types.ts';
import { type Broadcasts, createBroadcasts } from '../../lib/logs/broadcast/broadcasts.ts';
import type { LogMasks } from '../../lib/logs/from-settings.ts';
import { checkRead, readLog } from '../../lib/logs/read.ts';
import type { BuildState, BuildView } from '../../lib/logs/types.ts';
import { type ContentCoding, createGzipCoding, identityCoding } from '../../lib/logs/wire/compress.ts';
import { type Encoder, encoders } from '../../lib/logs/wire/encode.ts';
import { acceptsGzip, chooseFormat, type LogFormat } from '../../lib/logs/wire/negotiate.ts';
import { logHeaders, writeLog } from '../../lib/logs/wire/serve.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import type { ObjectStore } from '../../lib/store/types.ts';

export type GetLogsOptions = ReadContext &
  LogMasks & {
    store: ObjectStore;
    /** Streams end themselves after so long, before the platform would cut them. */
    selfCloseMs: number;
    /** Aborted on SIGTERM: every stream ends with its cursor. */
    shutdown: AbortSignal;
    /** On SIGTERM the compatible text goes on until its end or `selfCloseMs`, as its clients don't resume. */
    textDrains?: boolean;
  };

const keepAliveMs = 15_000;

/** Python writes its booleans with a capital. */
const isTrue = (text: string | undefined): boolean => ['true', 'True', '1'].includes(text ?? '');

const numberIn = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** A browser's EventSource resumes with the id of the last event it saw, over the cursor its URL began with. */
const cursorOf = ({ params, headers }: ApiRequest): string | undefined => {
  const last = headers['last-event-id'];
  return typeof last === 'string' && last !== '' ? last : params.cursor;
};

/** Within one request what was just looked up need not be looked up again: each look asks the API server. */
const briefMs = 100;

const brief = ({ read }: BuildView): BuildView => {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let last: Promise<BuildState>;
  return {
    read: () => {
      if (performance.now() - lookedAt < briefMs) return last;
      lookedAt = performance.now();
      last = read();
      return last;
    },
  };
};

type Shared = { broadcasts: Broadcasts; view: (tool: string, id: string) => BuildView };

/** What the readers in this instance share: the pods' streams, and looks at the ledger that come together. */
const createShared = (options: GetLogsOptions): Shared => {
  const looks = createSingleFlight<BuildState>();
  return {
    broadcasts: createBroadcasts(),
    view: (tool, id) => ({ read: () => looks(`${tool}/${id}`, () => buildView(options, tool, id).read()) }),
  };
};

const readOptions = (options: GetLogsOptions, { broadcasts, view }: Shared, request: ApiRequest) => {
  const { toolname: tool = '', id = '', follow, step, tail, grep, since, from_line, lines } = request.params;
  return {
    ...options,
    tool,
    broadcasts,
    view: brief(view(tool, id)),
    follow: isTrue(follow),
    cursor: cursorOf(request),
    step,
    tail: numberIn(tail),
    grep,
    since,
    fromLine: numberIn(from_line),
    lines: numberIn(lines),
  };
};

const sendHead = (res: ServerResponse, encoder: Encoder, coding: ContentCoding): void => {
  res.writeHead(200, logHeaders(encoder, coding)).end();
};

const acceptedEncodings = ({ headers }: IncomingMessage): string | undefined => headers['accept-encoding']?.toString();

const neverStopped = new AbortController().signal;

/** The compatible text is read by clients that can't resume: where the platform waits for them, they are left to it. */
const stopOf = ({ shutdown, textDrains }: GetLogsOptions, format: LogFormat): AbortSignal =>
  format === 'text' && textDrains ? neverStopped : shutdown;

export const createGetLogs = (options: GetLogsOptions): Handler => {
  const shared = createShared(options);
  return async (request) => {
    const format = chooseFormat(request.headers.accept, request.params.format);
    const read = readOptions(options, shared, request);
    // Before the first byte, and for HEAD too, so that what is wrong is an ordinary error.
    await checkRead({ ...read, signal: request.signal });
    return {
      stream: async (res, req) => {
        const coding = acceptsGzip(acceptedEncodings(req)) ? createGzipCoding() : identityCoding;
        if (req.method === 'HEAD') return sendHead(res, encoders[format], coding);
        await writeLog(res, (signal, chunkEncoding) => readLog({ ...read, signal, chunkEncoding }), encoders[format], {
          selfCloseMs: options.selfCloseMs,
          keepAliveMs,
          coding,
          signal: stopOf(options, format),
          onError: (error) => options.log('ERROR', 'a log stream broke', { tool: read.tool, error }),
        });
      },
    };
  };
};
