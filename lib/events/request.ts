import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import { type OwnEvent, readsEventSource } from './build-event.ts';

/** Dependencies of a function that sends events by which functions ask other functions for something. */
export type RequesterOptions = {
  /** Sends an event to the broker. */
  send: (event: OwnEvent) => Promise<void>;
  log: Log;
};

/** Sends an event about a tool, or about one of its builds. Never rejects. */
type SendRequest = (tool: string, build?: string) => Promise<void>;

const eventOf = (type: string, tool: string, build: string | undefined): OwnEvent => ({
  id: randomUUID(),
  type,
  source: readsEventSource,
  subject: build ?? tool,
  data: { tool, ...(build === undefined ? {} : { build }) },
});

/**
 * Makes a function that sends events of one type.
 * @param consequence sentence with which a failure is logged
 */
export const createRequest =
  ({ send, log }: RequesterOptions, type: string, consequence: string): SendRequest =>
  async (tool, build) => {
    try {
      await send(eventOf(type, tool, build));
    } catch (error) {
      log('WARNING', consequence, { tool, build, error });
    }
  };

/**
 * Limits a function that sends events: at most one event about the same thing at a time, and one in an interval.
 * @param keyOf returns what an event is about
 * @returns a function that returns at once
 */
export const onceAnInterval = (
  send: SendRequest,
  keyOf: (tool: string, build: string | undefined) => string,
  { intervalMs, now }: { intervalMs: number; now: () => number },
): ((tool: string, build?: string) => void) => {
  const quietUntil = new Map<string, number>();
  const forgetExpired = (at: number): void => {
    for (const [key, until] of quietUntil) if (until <= at) quietUntil.delete(key);
  };
  const sendOnce = async (key: string, tool: string, build: string | undefined): Promise<void> => {
    quietUntil.set(key, Number.POSITIVE_INFINITY);
    await send(tool, build);
    quietUntil.set(key, now() + intervalMs);
  };
  return (tool, build) => {
    forgetExpired(now());
    const key = keyOf(tool, build);
    if (!quietUntil.has(key)) void sendOnce(key, tool, build);
  };
};
