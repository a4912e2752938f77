import { ifFound, isAlreadyExists, KubeError } from '../kube/kube-error.ts';
import type { RunChange } from '../ledger/diff.ts';
import { toolLabel } from '../ledger/names.ts';
import { finish } from '../ledger/state.ts';
import { logFinalizer, pipelineRun } from '../tekton/run.ts';
import type { PipelineRun } from '../tekton/types.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import type { Runs } from './observe.ts';

type Create = Extract<RunChange, { kind: 'create' }>;

/** Kubernetes will never take this run: the build ends here rather than being tried for ever. */
const refuse = async (
  context: BuildsContext,
  tool: string,
  { build: entry }: Create,
  error: KubeError,
): Promise<void> => {
  const now = context.now();
  const ending = {
    status: 'BUILD_FAILURE',
    message: `The build could not be started: ${error.message}`,
    finishedAt: now.toISOString(),
    log: 'complete',
  } as const;
  await changeLedger(context, tool, ({ state, limits }) => ({
    state: finish(state, entry.id, ending, limits, now),
    result: undefined,
  }));
};

/** @returns whether the build was refused, which gives its slot to another */
const create = async (context: BuildsContext, tool: string, action: Create): Promise<boolean> => {
  const run = pipelineRun(action.build, tool, toolLabel(tool), context.runSettings, action.cancelled);
  try {
    await context.kube.create<PipelineRun>('pipelineruns', run);
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    if (!(error instanceof KubeError) || ![400, 413, 422].includes(error.status)) throw error;
    await refuse(context, tool, action, error);
    return true;
  }
  return false;
};

/** Deletes the run, then takes our finalizer off; killed in between, the next repair does the rest. */
const release = async ({ kube }: BuildsContext, id: string, run: PipelineRun | undefined): Promise<void> => {
  await ifFound(kube.remove('pipelineruns', id));
  const finalizers = (run?.metadata.finalizers ?? []).filter((finalizer) => finalizer !== logFinalizer);
  await ifFound(kube.patch('pipelineruns', id, { metadata: { finalizers } }));
};

/**
 * Does one action that a repair found necessary. Every one may be done twice.
 * @returns whether the ledger has changed by it, so that another look is due
 */
export const applyChange = async (
  context: BuildsContext,
  tool: string,
  runs: Runs,
  action: RunChange,
): Promise<boolean> => {
  if (action.kind === 'create') return create(context, tool, action);
  if (action.kind === 'release') await release(context, action.id, runs.get(action.id));
  else await ifFound(context.kube.patch('pipelineruns', action.id, { spec: { status: 'Cancelled' } }));
  return false;
};
