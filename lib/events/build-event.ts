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
 * Type of the event that asks archive-logs to start the archiver of a build. The functions that create runs send it, so
 * that a log is archived where Tekton's events are lost, and so do functions that see a build without any event.
 */
export const archiverWantedType = 'org.toolforge.builds.archiver.wanted.v1';

/**
 * The CloudEvents attribute `source` of Tekton's events when accept-tekton sends them on to the broker. Their attribute
 * `type` stays Tekton's.
 */
export const buildEventSource = '/builds/accept-tekton';

/**
 * The CloudEvents attribute `source` of the events by which functions ask other functions for something: list-builds,
 * get-build and get-logs, which write nothing; cancel-build, delete-build and archive-logs, which create no runs; and
 * start-build and finish-build, which start no archivers.
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
    `This event must come from ${buildEventSource} and name a tool and a build, or come from ${readsEventSource} and be ${ledgerBehindType} about a tool or ${archiverWantedType} about a build.`,
  );

/** Parses an event that a function of this service has sent. @throws ApiError 400 `body_invalid` for any other event */
export const parseBuildEvent = ({
  type,
  source,
  data,
}: Pick<CloudEvent<unknown>, 'type' | 'source' | 'data'>): BuildEvent => {
  const { tool, build } = (data ?? {}) as Record<string, unknown>;
  const isOwn = type === ledgerBehindType || type === archiverWantedType;
  if (source !== (isOwn ? readsEventSource : buildEventSource) || !isTool(tool)) throw invalid();
  if (isObjectName(build)) return { type, tool, build };
  if (type === ledgerBehindType && build === undefined) return { type, tool, build: undefined };
  throw invalid();
};
