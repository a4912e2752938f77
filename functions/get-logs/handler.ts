import type { ServerResponse } from 'node:http';
import { viewOf } from '../../lib/builds/view.ts';
import type { ApiRequest, Handler } from '../../lib/http/types.ts';
import type { LogsContext } from '../../lib/logs/configured.ts';
import { encoders } from '../../lib/logs/encode.ts';
import { createFold } from '../../lib/logs/fold.ts';
import { chooseFormat, mediaTypes } from '../../lib/logs/format.ts';
import { checkRead, readLog } from '../../lib/logs/read.ts';
import { writeLog } from '../../lib/logs/serve.ts';
import { createSharing, type Sharing } from '../../lib/logs/sharing.ts';
import type { BuildState, BuildView } from '../../lib/logs/types.ts';

export type GetLogsOptions = LogsContext & {
  /** Streams end themselves after so long, before the platform would cut them. */
  selfCloseMs: number;
  /** Aborted on SIGTERM: every stream ends with its cursor. */
  shutdown: AbortSignal;
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

type Shared = { sharing: Sharing; view: (tool: string, id: string) => BuildView };

/** What the readers in this instance share: the pods' streams, and looks at the ledger that come together. */
const createShared = (options: GetLogsOptions): Shared => {
  const looks = createFold<BuildState>();
  return {
    sharing: createSharing(),
    view: (tool, id) => ({ entry: () => looks(`${tool}/${id}`, () => viewOf(options, tool, id).entry()) }),
  };
};

const readOptions = (options: GetLogsOptions, { sharing, view }: Shared, request: ApiRequest) => {
  const { toolname: tool = '', id = '', follow, step, tail, grep, since, from_line, lines } = request.params;
  return {
    ...options,
    tool,
    sharing,
    build: view(tool, id),
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

const sendHead = (res: ServerResponse, type: string): void => {
  res.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end();
};

export const createGetLogs = (options: GetLogsOptions): Handler => {
  const shared = createShared(options);
  return async (request) => {
    const format = chooseFormat(request.headers.accept, request.params.format);
    const read = readOptions(options, shared, request);
    // Before the first byte, and for HEAD too, so that what is wrong is an ordinary error.
    await checkRead({ ...read, signal: request.signal });
    return {
      stream: async (res, req) => {
        if (req.method === 'HEAD') return sendHead(res, mediaTypes[format]);
        await writeLog(res, (signal) => readLog({ ...read, signal }), encoders[format], {
          selfCloseMs: options.selfCloseMs,
          keepAliveMs,
          signal: options.shutdown,
          onError: (error) => options.log('ERROR', 'a log stream broke', { tool: read.tool, error }),
        });
      },
    };
  };
};
