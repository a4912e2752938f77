import type { CloudEvent } from 'cloudevents';
import type { Correction } from '../../lib/builds/correction.ts';
import { addCounts } from '../../lib/capacity/state.ts';
import { forEachParallel } from '../../lib/concurrency.ts';
import { listArchives } from '../../lib/logs/archive/list.ts';
import type { ArchiveLogsOptions } from '../archive-logs/handler.ts';
import { type Selected, selectLedgers } from './select.ts';
import { removeLogsWithoutLedger, sweepTool } from './sweep-tool.ts';

/**
 * Number of tools that are swept at once. A low number keeps other clients of the API server from waiting for sweep.
 */
const maxTools = 4;

/**
 * Time after which a sweep begins with no further tool, in milliseconds: 8 minutes. Knative ends a sweep after ten
 * minutes, and the next sweep begins then.
 */
const maxMs = 8 * 60 * 1000;

/**
 * Time that is left for corrections after the tools were selected, however long that took, in milliseconds: 1 minute. A
 * sweep that always selects for more than eight minutes would otherwise never correct anything.
 */
const minCorrectionMs = 60 * 1000;

export type SweepOptions = ArchiveLogsOptions & {
  /** Saves the public keys of trusted issuers, so that functions can verify tokens while an issuer does not respond. */
  saveKeys: () => Promise<void>;
};

/**
 * Lists the ids of the builds that have archived logs below the name of a ledger. Empty while the object store does not
 * respond, so that sweep still corrects the builds.
 */
const listLogs = async ({ store, log }: ArchiveLogsOptions, ledger: string): Promise<ReadonlySet<string>> => {
  const ids = new Set<string>();
  try {
    for await (const { id } of listArchives(store, ledger)) ids.add(id);
    return ids;
  } catch (error) {
    log('WARNING', 'logs without a build were not removed; the next sweep tries again', { ledger, error });
    return new Set();
  }
};

/** Sweeps one tool and logs its corrections. A failure is only logged, because the next sweep tries again. */
const sweepLedger = async (
  options: ArchiveLogsOptions,
  { ledger, tool, hasOtherLogs }: Selected,
): Promise<Correction[]> => {
  const name = tool ?? ledger;
  try {
    // The archived logs are listed before the ledger is read. A log is only written for a build that is in a ledger
    // already, so a listed log without such a build is left over and can be removed.
    const archived = hasOtherLogs ? await listLogs(options, ledger) : new Set<string>();
    const corrections = await (tool === undefined
      ? removeLogsWithoutLedger(options, ledger, archived)
      : sweepTool(options, tool, archived));
    for (const { kind, id } of corrections) options.log('INFO', 'sweep corrected', { tool: name, id, kind });
    return corrections;
  } catch (error) {
    options.log('WARNING', 'a tool was not swept; the next sweep tries again', { tool: name, error });
    return [];
  }
};

/**
 * Tells whether an event is a dead letter: an event that the broker could not deliver and has sent to sweep instead. A
 * dead letter is logged with the status that the broker received.
 */
const isDeadLetter = ({ log }: ArchiveLogsOptions, event: CloudEvent<unknown> | undefined): boolean => {
  const { knativeerrorcode: status, knativeerrordest: subscriber }: Record<string, unknown> = { ...event };
  if (!status && !subscriber) return false;
  log('WARNING', 'an event was not delivered', { type: event?.type, build: event?.subject, status, subscriber });
  return true;
};

/**
 * Adds the corrections and dead letters of a sweep to the counts that /v1/metrics shows, in one write. A sweep without
 * corrections and dead letters writes nothing.
 */
const countCorrections = async (
  { capacity, log }: ArchiveLogsOptions,
  corrections: readonly Correction[],
  deadLetters: number,
): Promise<void> => {
  if (corrections.length + deadLetters === 0) return;
  const mended: Record<string, number> = {};
  for (const { kind } of corrections) mended[kind] = (mended[kind] ?? 0) + 1;
  try {
    await capacity.change((state) => ({ state: addCounts(state, { mended, deadLetters }), result: undefined }));
  } catch (error) {
    log('WARNING', 'corrections of sweep are missing in the metrics', { error });
  }
};

/**
 * Returns a list from another place on, with the part before that place at the end. Sweep begins at a random place: tools
 * whose sweep takes long or fails each time can then not keep a sweep from ever reaching the others.
 */
const fromRandomPlace = <T>(items: readonly T[]): T[] => {
  const place = Math.floor(Math.random() * items.length);
  return [...items.slice(place), ...items.slice(0, place)];
};

/**
 * Sweeps the selected tools until the time is over. The next sweep goes on with the rest: what was corrected is not
 * selected again.
 */
const sweepSelected = async (
  options: ArchiveLogsOptions,
  selected: readonly Selected[],
  end: number,
): Promise<Correction[]> => {
  const corrections: Correction[] = [];
  let left = 0;
  await forEachParallel(fromRandomPlace(selected), maxTools, async (next) => {
    if (options.now().getTime() < end) corrections.push(...(await sweepLedger(options, next)));
    else left += 1;
  });
  if (left > 0) options.log('WARNING', 'the time of a sweep was over; the next sweep goes on', { tools: left });
  return corrections;
};

/**
 * Makes the handler of sweep, which runs every ten minutes. Sweep corrects everything that a lost event or a killed
 * function left undone. Sweep uses the code of the other functions, so several sweeps and all other functions may run
 * at once.
 */
export const createSweep =
  (options: SweepOptions) =>
  async (event?: CloudEvent<unknown>): Promise<void> => {
    const end = options.now().getTime() + maxMs;
    await options.saveKeys();
    const deadLetters = isDeadLetter(options, event) ? 1 : 0;
    const selected = await selectLedgers(options, new Date(end));
    const correctionsEnd = Math.max(end, options.now().getTime() + minCorrectionMs);
    const corrections = await sweepSelected(options, selected, correctionsEnd);
    await countCorrections(options, corrections, deadLetters);
  };
