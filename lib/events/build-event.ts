import type { CloudEvent } from 'cloudevents';
import { ApiError } from '../errors.ts';
import { isObjectName } from '../object-name.ts';
import { isTool } from '../tool-name.ts';

/**
 * Type of the event that reports that a tool's ledger and runs differ, so that finish-build reconciles the tool.
 * Functions that may not correct the difference themselves send this event.
 */
export const ledgerBehindType = 'org.toolforge.builds.ledger.behind.v1';

/**
 * The CloudEvents attribute `source` of Tekton's events when accept-tekton sends them on to the broker. Their attribute
 * `type` stays Tekton's.
 */
export const buildEventSource = '/builds/accept-tekton';

/**
 * The CloudEvents attribute `source` of the events by which functions report that a tool's ledger and runs differ:
 * list-builds, get-build and get-logs, which write nothing, and cancel-build, delete-build and archive-logs, which
 * create no runs.
 */
export const readsEventSource = '/builds/reads';

/** The data of the events that functions of this service send. A report about a tool's ledger may name no build. */
type BuildEventData = { tool: string; build?: string };

/** The attributes of an event that a function of this service sends. */
export type OwnEvent = Pick<CloudEvent<unknown>, 'id' | 'type' | 'source' | 'subject'> & { data: BuildEventData };

/**
 * A parsed event that a function of this service has sent. The receiver takes only the names from the event, and reads
 * the ledger and the run from the API server.
 */
export type BuildEvent = { type: string; tool: string; build: string | undefined };

const invalid = (): ApiError =>
  new ApiError(
    400,
    'body_invalid',
    `This event must come from ${buildEventSource} and name a tool and a build, or be ${ledgerBehindType} from ${readsEventSource} and name a tool.`,
  );

/** Parses an event that a function of this service has sent. @throws ApiError 400 `body_invalid` for any other event */
export const parseBuildEvent = ({
  type,
  source,
  data,
}: Pick<CloudEvent<unknown>, 'type' | 'source' | 'data'>): BuildEvent => {
  const { tool, build } = (data ?? {}) as Record<string, unknown>;
  const isReport = type === ledgerBehindType;
  if (source !== (isReport ? readsEventSource : buildEventSource) || !isTool(tool)) throw invalid();
  if (isObjectName(build)) return { type, tool, build };
  if (isReport && build === undefined) return { type, tool, build: undefined };
  throw invalid();
};
