import { archiverWantedType } from './build-event.ts';
import { createRequest, onceAnInterval, type RequesterOptions } from './request.ts';

/** Asks archive-logs to start the archiver of a build. Returns at once and never throws. */
export type RequestArchiver = (tool: string, build: string) => void;

const lost = "a build's archiver was not requested; Tekton's event, a read or the next sweep starts it";

/** Least time between two requests of a function that reads, about one build, in milliseconds. */
const intervalMs = 30_000;

/** Returns a function that asks for the archiver of a build whose run was made just now. */
export const createArchiverRequester = (options: RequesterOptions): RequestArchiver => {
  const request = createRequest(options, archiverWantedType, lost);
  return (tool, build) => void request(tool, build);
};

/**
 * Returns a function that asks for the archiver of a build about which no event has come. Many reads see such a build, so
 * one request is sent in 30 s.
 */
export const createMissingArchiverReporter = (options: RequesterOptions & { now?: () => number }): RequestArchiver => {
  const request = createRequest(options, archiverWantedType, lost);
  return onceAnInterval(request, (tool, build) => `${tool}/${build}`, { intervalMs, now: options.now ?? Date.now });
};
