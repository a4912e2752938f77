import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ArchiveLogsOptions } from '../../../../events/archive-logs/handler.ts';
import { selectLedgers } from '../../../../events/sweep/select.ts';
import { sweepTool } from '../../../../events/sweep/sweep-tool.ts';
import type { BuildsApiRuns } from '../../../../lib/builds/context.ts';
import { reconcile } from '../../../../lib/builds/reconcile.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import { ifFound } from '../../../../lib/kube/kube-error.ts';
import type { KubeObject } from '../../../../lib/kube/resources.ts';
import { ledgerName } from '../../../../lib/ledger/names.ts';
import { cancel, remove } from '../../../../lib/ledger/state.ts';
import { archivePrefix } from '../../../../lib/logs/archive/archive-index.ts';
import { startArchiver } from '../../../../lib/logs/archive/archiver-job.ts';
import { listArchives } from '../../../../lib/logs/archive/list.ts';
import { removeArchive } from '../../../../lib/logs/archive/remove.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import { toolAnnotation } from '../../../../lib/tekton/run.ts';
import { toolOf } from '../../../../lib/tekton/tool-of.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { createOldRun, oldRun } from '../../../support/builds-api-run.ts';
import { World } from '../../lib/builds/world.ts';

const tools = ['a', 'a-b', 'with_underscore', 'x'.repeat(70)];
const hourMs = 60 * 60 * 1000;

const memoryStore = (): ObjectStore & { keys: Set<string> } => {
  const keys = new Set<string>();
  return {
    keys,
    put: async (key) => void keys.add(key),
    get: async () => undefined,
    list: async function* (prefix, after = '') {
      yield* [...keys].sort().filter((key) => key.startsWith(prefix) && key > after);
    },
    remove: async (key) => void keys.delete(key),
  };
};

/** Everything that a sweep reads, which commands bring into any state that functions, people and failures leave. */
class Fleet {
  readonly world: World;
  readonly store = memoryStore();
  readonly options: ArchiveLogsOptions;
  #serial = 0;

  constructor(slots: number | undefined, buildsApiRuns: BuildsApiRuns, skewMs: number) {
    this.world = new World(slots);
    this.world.deleteReleasedRuns();
    const { context } = this.world.instance({ isImmediate: true, skewMs });
    const archiver = { image: 'i', command: [], serviceAccount: undefined, secret: undefined, knownSecrets: [] };
    this.options = {
      ...{ ...context, buildsApiRuns, store: this.store, allowedSteps: [], findSecrets: () => [] },
      removeLog: (tool: string, id: string) => removeArchive(this.store, tool, id),
      archiver: { ...archiver, environment: {} },
    } as unknown as ArchiveLogsOptions;
  }

  get kube() {
    return this.options.kube;
  }

  async runs(): Promise<PipelineRun[]> {
    return (await this.kube.list<PipelineRun>('pipelineruns')).items;
  }

  async start(tool: string, isKilled: boolean): Promise<void> {
    // A function that may not create runs leaves the ledger as a function does that is killed before it creates the run.
    const killed = isKilled ? { requestRun: () => undefined } : {};
    const context = { ...this.world.instance({ isImmediate: true }).context, ...killed };
    const body = { source_url: 'https://example.org/x' };
    await startBuild(context, tool, body, undefined, new AbortController().signal).catch(() => undefined);
  }

  async changeBuild(tool: string, at: number, change: typeof cancel | typeof remove): Promise<void> {
    await this.options.ledger.change(tool, ({ state, limits }) => {
      const ids = [...state.running, ...state.queued, ...state.finished].map(({ id }) => id);
      const id = ids[at % Math.max(1, ids.length)] ?? 'none';
      const now = new Date();
      return { state: (change === cancel ? cancel(state, id, limits, now) : remove(state, id, now)).state, result: 0 };
    });
  }

  async changeRun(at: number, change: (run: PipelineRun) => Promise<unknown>): Promise<void> {
    const runs = await this.runs();
    const run = runs[at % Math.max(1, runs.length)];
    if (run) await ifFound(change(run)).catch(() => undefined);
  }

  async job(run: PipelineRun): Promise<void> {
    await startArchiver(this.kube, run, toolOf(run) ?? 'none', this.options.archiver);
  }

  async endJob(run: PipelineRun): Promise<void> {
    const job = await this.kube.get<KubeObject & { status?: object }>('jobs', run.metadata.name);
    const status = { conditions: [{ type: 'Complete', status: 'True' }] };
    await this.kube.replaceStatus('jobs', { ...job, status });
  }

  async begin(run: PipelineRun): Promise<void> {
    const conditions = run.status?.conditions ?? [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }];
    const status = { ...run.status, startTime: new Date().toISOString(), conditions };
    await this.kube.replaceStatus('pipelineruns', { ...run, status });
  }

  async archive(tool: string, at: number): Promise<void> {
    const { state } = await this.options.ledger.read(tool);
    const ids = [...state.running, ...state.finished].map(({ id }) => id);
    await this.store.put(`${archivePrefix(tool, ids[at % (ids.length + 1)] ?? 'gone')}index.json`, Buffer.from(''));
  }

  async changeClaims(tool: string, at: number): Promise<void> {
    const claim = { tool, id: `lost${at}`, at: new Date(0).toISOString() };
    await this.options.capacity.change((state) => {
      if (at % 3 === 0) return { state: { ...state, claims: [...state.claims, claim] }, result: 0 };
      if (at % 3 === 1) return { state: { ...state, claims: state.claims.slice(1) }, result: 0 };
      return { state: { ...state, waiting: [...state.waiting.slice(1), { tool, since: '', wants: 1 }] }, result: 0 };
    });
  }

  async startOld(tool: string, at: number): Promise<void> {
    // builds-api can run no builds of other tools: the name is part of a label and of a run's name.
    if (!/^[a-z-]{1,30}$/.test(tool)) return;
    const suffix = `old${String(this.#serial++).padStart(2, '0')}`;
    const conditions = [undefined, { status: 'Unknown', reason: 'Running' }, { status: 'True', reason: 'Succeeded' }];
    const condition = conditions[at % 3] as never;
    const params = at % 5 === 0 ? { ENV_VARS: [`HUGE=${'x'.repeat(110_000)}`] } : {};
    await createOldRun(this.kube, tool, { suffix, condition, params });
  }

  /** Creates a run with the annotation of this service, but without the label by which a reconcile lists runs. */
  async stray(tool: string, at: number): Promise<void> {
    const { metadata: _, status: _status, ...run } = oldRun(tool);
    const metadata = { name: `stray-${at}`, annotations: { [toolAnnotation]: tool } };
    await this.kube.create('pipelineruns', { ...run, metadata }).catch(() => undefined);
  }

  async run({ kind, tool, at }: Command): Promise<unknown> {
    const changes: Record<Command['kind'], () => unknown> = {
      start: () => this.start(tool, at % 3 === 0),
      cancel: () => this.changeBuild(tool, at, cancel),
      remove: () => this.changeBuild(tool, at, remove),
      begin: () => this.changeRun(at, (run) => this.begin(run)),
      end: () => this.world.endRun(at),
      deleteRun: () => this.changeRun(at, ({ metadata }) => this.kube.remove('pipelineruns', metadata.name)),
      job: () => this.changeRun(at, (run) => this.job(run)),
      endJob: () => this.changeRun(at, (run) => this.endJob(run)),
      archive: () => this.archive(tool, at),
      claims: () => this.changeClaims(tool, at),
      deleteLedger: () => ifFound(this.kube.remove('buildledgers', ledgerName(tool))),
      startOld: () => this.startOld(tool, at),
      stray: () => this.stray(tool, at),
      reconcile: () => reconcile(this.options, tool),
      sweep: () => this.sweep(tool),
    };
    return changes[kind]();
  }

  async archived(tool: string): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const { id } of listArchives(this.store, ledgerName(tool))) ids.add(id);
    return ids;
  }

  /** Sweeps a tool. @returns whether that has changed anything of this tool or another tool, and made corrections */
  async sweep(tool: string): Promise<{ hasWritten: boolean; hasCorrected: boolean }> {
    const before = [this.world.writes.length, this.store.keys.size];
    const corrections = await sweepTool(this.options, tool, await this.archived(tool));
    const after = [this.world.writes.length, this.store.keys.size];
    return { hasWritten: String(before) !== String(after), hasCorrected: corrections.length > 0 };
  }
}

const kinds = [
  'start',
  'start',
  'start',
  'cancel',
  'remove',
  'begin',
  'begin',
  'end',
  'end',
  'deleteRun',
  'job',
] as const;
const rareKinds = [
  ...(['endJob', 'archive', 'claims', 'deleteLedger', 'startOld', 'stray'] as const),
  ...(['reconcile', 'sweep', 'sweep'] as const),
] as const;
const command = fc.record({
  kind: fc.constantFrom(...kinds, ...rareKinds),
  tool: fc.constantFrom('a', 'a', 'a', ...tools),
  at: fc.nat(20),
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const slotNumbers = fc.constantFrom(undefined, 1, 3);
const modes = fc.constantFrom<BuildsApiRuns>('ignore', 'show', 'adopt');
const allCommands = fc.array(command, { maxLength: 50, size: 'max' });

const commandsOf = (...all: [Command['kind'], number][]): Command[] =>
  all.map(([kind, at]) => ({ kind, tool: 'a', at }));

/** States that random commands reach seldom. */
const examples: [number | undefined, BuildsApiRuns, number, Command[]][] = [
  // The run of an adopted build was deleted.
  [undefined, 'adopt', 0, commandsOf(['startOld', 1], ['sweep', 0], ['deleteRun', 0])],
  // Nobody closes the log of a finished build.
  [undefined, 'ignore', 0, commandsOf(['start', 1], ['end', 0], ['reconcile', 0])],
  // The archiver of a finished build takes too long.
  [1, 'ignore', 2 * hourMs, commandsOf(['start', 1], ['begin', 0], ['job', 0], ['end', 0], ['reconcile', 0])],
];

/** States in which a sweep can change nothing, and which random commands reach seldom. */
const idleExamples: [number | undefined, BuildsApiRuns, Command[]][] = [
  // A run has no label, so no reconcile lists the run.
  [undefined, 'ignore', commandsOf(['stray', 0])],
  [2, 'adopt', commandsOf(['start', 1], ['stray', 0])],
  // A run of builds-api holds the slot for which a build waits.
  ...([undefined, 3] as const).map((slots): [number | undefined, BuildsApiRuns, Command[]] => [
    slots,
    'show',
    commandsOf(['start', 1], ['start', 1], ['start', 1], ['end', 0], ['startOld', 1]),
  ]),
  // The run of that variant is too large for a ledger, so it is never adopted.
  [undefined, 'adopt', commandsOf(['start', 1], ['start', 1], ['start', 1], ['end', 0], ['startOld', 10])],
];

const selectedNames = async (fleet: Fleet): Promise<string[]> =>
  (await selectLedgers(fleet.options, new Date(fleet.options.now().getTime() + hourMs))).map(({ ledger }) => ledger);

test('property: sweep selects every tool about which it has something to correct', async () => {
  await fc.assert(
    fc.asyncProperty(
      slotNumbers,
      modes,
      fc.constantFrom(0, 2 * hourMs),
      allCommands,
      async (slots, mode, skewMs, commands) => {
        const fleet = new Fleet(slots, mode, skewMs);
        for (const next of commands) await fleet.run(next);
        for (const tool of tools) {
          const selected = await selectedNames(fleet);
          const { hasWritten, hasCorrected } = await fleet.sweep(tool);
          if (hasCorrected) expect(selected).toContain(ledgerName(tool));
          // A sweep of one tool gives free slots to other tools, so another tool may be the one to be selected.
          if (hasWritten) expect(selected).not.toEqual([]);
        }
      },
    ),
    { numRuns: 40, examples },
  );
});

test('property: sweep selects no tool about which sweeps have nothing to correct any more', async () => {
  await fc.assert(
    fc.asyncProperty(slotNumbers, modes, allCommands, async (slots, mode, commands) => {
      const fleet = new Fleet(slots, mode, 2 * hourMs);
      for (const next of commands) await fleet.run(next);
      for (let round = 0; round < 6; round += 1) for (const tool of tools) await fleet.sweep(tool);
      const selected = await selectedNames(fleet);
      const before = fleet.world.writes.length;
      for (const tool of tools) await fleet.sweep(tool);
      if (fleet.world.writes.length === before) expect(selected).toEqual([]);
    }),
    { numRuns: 10, examples: idleExamples },
  );
});
