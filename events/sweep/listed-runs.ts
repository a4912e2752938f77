import type { BuildsApiRuns } from '../../lib/builds/context.ts';
import { observeListed } from '../../lib/builds/observe.ts';
import { CompactMap } from '../../lib/compact-map.ts';
import { isAdoptable } from '../../lib/ledger/adopt.ts';
import type { ObservedRun } from '../../lib/ledger/diff.ts';
import { toolLabel } from '../../lib/ledger/names.ts';
import { toolLabelName } from '../../lib/tekton/run.ts';
import { toolOf } from '../../lib/tekton/tool-of.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';

/** Facts about a run, each with its bit in the number that is kept for the run. */
const bits = { ended: 1, cancelling: 2, deleting: 4, locked: 8, started: 16, wanted: 32 } as const;

/** A listed run of a build, and whether Tekton has started it. */
export type ListedRun = ObservedRun & { hasStarted: boolean };

const factsOf = (run: PipelineRun, observed: ObservedRun, isWanted: boolean): number =>
  (observed.ending ? bits.ended : 0) |
  (observed.cancelling ? bits.cancelling : 0) |
  (observed.deleting ? bits.deleting : 0) |
  (observed.isLocked ? bits.locked : 0) |
  (run.status?.startTime ? bits.started : 0) |
  (isWanted ? bits.wanted : 0);

const runOf = (id: string, facts: number, now: Date): ListedRun => ({
  id,
  cancelling: (facts & bits.cancelling) > 0,
  deleting: (facts & bits.deleting) > 0,
  isLocked: (facts & bits.locked) > 0,
  hasStarted: (facts & bits.started) > 0,
  ...(facts & bits.ended
    ? { ending: { status: 'BUILD_UNKNOWN' as const, message: '', finishedAt: now.toISOString() } }
    : {}),
});

/**
 * Keeps what sweep must know about all runs: some bits for each run, and for each tool the number of runs whose builds
 * the tool's ledger has to know. With BUILDS_API_RUNS the runs of all finished builds are kept, twenty or more of each tool.
 */
export class ListedRuns {
  readonly #mode: BuildsApiRuns;
  readonly #now: Date;
  readonly #facts = new CompactMap();
  /** Number of wanted runs by tool. Every tool with a run is in this map. */
  readonly #wanted = new Map<string, number>();
  /** Runs of builds-api that have not ended and are never adopted, by tool. They count against the limit of the tool. */
  readonly #unended = new Map<string, ListedRun[]>();

  constructor(mode: BuildsApiRuns, now: Date) {
    this.#mode = mode;
    this.#now = now;
  }

  /** Adds a run. A run that cannot be judged counts as a run that the ledger lacks, which selects its tool. */
  add(run: PipelineRun): void {
    const tool = toolOf(run);
    // A reconcile lists the runs of a tool by their label, so it can change nothing about a run without the label.
    if (tool === undefined || run.metadata.labels?.[toolLabelName] !== toolLabel(tool)) return;
    try {
      this.#addObserved(tool, run, observeListed(run, this.#now));
    } catch {
      this.#countWanted(tool, true);
    }
  }

  #countWanted(tool: string, isWanted: boolean): void {
    this.#wanted.set(tool, (this.#wanted.get(tool) ?? 0) + (isWanted ? 1 : 0));
  }

  #addObserved(tool: string, run: PipelineRun, observed: ObservedRun): void {
    // A ledger may lack the build of a run that builds-api made, unless it has to adopt the run.
    const isWanted = !observed.build || (this.#mode === 'adopt' && isAdoptable(observed));
    const facts = factsOf(run, observed, isWanted);
    this.#countWanted(tool, isWanted);
    this.#facts.add(`${tool}/${run.metadata.name}`, facts);
    if (this.#mode === 'ignore' || !observed.build || observed.ending || isWanted) return;
    // The parameters of a run of builds-api have any size, and no reconcile compares them.
    const build = { ...observed.build, parameters: { source_url: '' } };
    const unended = this.#unended.get(tool) ?? [];
    unended.push({ ...runOf(observed.id, facts, this.#now), build });
    this.#unended.set(tool, unended);
  }

  /**
   * Returns the runs of builds that a ledger knows, and the runs of builds-api that count against the tool's limit.
   * @returns `hasOthers`: whether the tool has runs as well that its ledger should know, and does not
   */
  take(tool: string, ids: ReadonlySet<string>): { runs: ListedRun[]; hasOthers: boolean } {
    let left = this.#wanted.get(tool);
    if (left === undefined) return { runs: [], hasOthers: false };
    this.#wanted.delete(tool);
    const runs = (this.#unended.get(tool) ?? []).filter(({ id }) => !ids.has(id));
    for (const id of ids) {
      const facts = this.#facts.get(`${tool}/${id}`);
      if (facts === undefined) continue;
      runs.push(runOf(id, facts, this.#now));
      if (facts & bits.wanted) left -= 1;
    }
    return { runs, hasOthers: left > 0 };
  }

  /** Returns the tools of wanted runs that no ledger has taken. */
  toolsLeft(): string[] {
    return [...this.#wanted].filter(([, wanted]) => wanted > 0).map(([tool]) => tool);
  }
}
