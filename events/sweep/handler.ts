import type { CloudEvent } from 'cloudevents';
import type { Correction } from '../../lib/builds/correction.ts';
import { addCounts } from '../../lib/capacity/state.ts';
import { forEachParallel } from '../../lib/concurrency.ts';
import type { KubeObject } from '../../lib/kube/resources.ts';
import { ledgerName } from '../../lib/ledger/names.ts';
import { type Archives, listArchives } from '../../lib/logs/archive/list.ts';
import { buildsApiToolOf, toolOf } from '../../lib/tekton/tool-of.ts';
import type { ArchiveLogsOptions } from '../archive-logs/handler.ts';
import { removeLogsWithoutLedger, sweepTool } from './sweep-tool.ts';

/**
 * Number of tools that are swept at once. A low number keeps other clients of the API server from waiting for sweep.
 */
const maxTools = 4;

export type SweepOptions = ArchiveLogsOptions & {
  /** Saves the public keys of trusted issuers, so that functions can verify tokens while an issuer does not respond. */
  saveKeys: () => Promise<void>;
};

/** Name of a ledger, and its tool. The tool is undefined when only archived logs are left of a deleted ledger. */
type SweptLedger = { ledger: string; tool: string | undefined };

/** Sweeps one tool and logs its corrections. A failure is only logged, because the next sweep tries again. */
const sweepLedger = async (
  options: ArchiveLogsOptions,
  { ledger, tool }: SweptLedger,
  archived: ReadonlySet<string>,
): Promise<Correction[]> => {
  const name = tool ?? ledger;
  try {
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
 * Lists the tools that have a ledger or a run, and the tools that hold a claim or wait for one. A run of builds-api
 * counts only where such runs are adopted.
 */
const listTools = async ({ ledger, capacity, kube, buildsApiRuns }: ArchiveLogsOptions): Promise<string[]> => {
  const toolToSweep = (run: KubeObject) =>
    buildsApiRuns !== 'adopt' && buildsApiToolOf(run) !== undefined ? undefined : toolOf(run);
  const tools = new Set<string>();
  const addTool = (run: KubeObject) => {
    const tool = toolToSweep(run);
    if (tool !== undefined) tools.add(tool);
  };
  const [{ claims, waiting }] = await Promise.all([
    capacity.read(),
    ledger.scan((tool) => void tools.add(tool)),
    kube.scan('pipelineruns', addTool, { metadataOnly: true }),
  ]);
  for (const { tool } of [...claims, ...waiting]) tools.add(tool);
  return [...tools];
};

/**
 * Lists the archived logs of all builds. Returns none while the object store does not respond, so that sweep still
 * corrects the builds.
 */
const listLogs = async ({ store, log }: ArchiveLogsOptions): Promise<Archives> => {
  try {
    return await listArchives(store);
  } catch (error) {
    log('WARNING', 'logs without a build were not looked for; the next sweep tries again', { error });
    return new Map();
  }
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
 * Makes the handler of sweep, which runs every ten minutes. Sweep corrects everything that a lost event or a killed
 * function left undone. Sweep uses the code of the other functions, so several sweeps and all other functions may run
 * at once.
 */
export const createSweep =
  (options: SweepOptions) =>
  async (event?: CloudEvent<unknown>): Promise<void> => {
    await options.saveKeys();
    const deadLetters = isDeadLetter(options, event) ? 1 : 0;
    // Sweep lists the archived logs before the ledgers. A log is only written for a build that is in a ledger already,
    // so a listed log without such a build is left over and can be removed.
    const archives = await listLogs(options);
    const tools = new Map((await listTools(options)).map((tool) => [ledgerName(tool), tool]));
    const corrections: Correction[] = [];
    await forEachParallel(new Set([...tools.keys(), ...archives.keys()]), maxTools, async (ledger) => {
      const swept = { ledger, tool: tools.get(ledger) };
      corrections.push(...(await sweepLedger(options, swept, archives.get(ledger) ?? new Set())));
    });
    await countCorrections(options, corrections, deadLetters);
  };
