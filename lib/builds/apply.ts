import { ifFound, isAlreadyExists, KubeError } from '../kube/kube-error.ts';
import type { RunChange } from '../ledger/diff.ts';
import { toolLabel } from '../ledger/names.ts';
import { finish } from '../ledger/state.ts';
import { logFinalizer, pipelineRun } from '../tekton/run.ts';
import type { PipelineRun } from '../tekton/types.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import type { Runs } from './observe.ts';

type CreateRun = Extract<RunChange, { kind: 'create' }>;

/**
 * Marks a build as failed because Kubernetes refuses its run as invalid. Otherwise each reconcile would try to create
 * the run again.
 */
const failBuild = async (context: BuildsContext, tool: string, id: string, error: KubeError): Promise<void> => {
  const now = context.now();
  const ending = {
    status: 'BUILD_FAILURE',
    message: `The build could not be started: ${error.message}`,
    finishedAt: now.toISOString(),
    log: 'complete',
  } as const;
  await changeLedger(context, tool, ({ state, limits }) => ({
    state: finish(state, id, ending, limits, now),
    result: undefined,
  }));
};

const invalidStatuses = [400, 413, 422];

/**
 * Creates the run of a build. A run that exists already is no error.
 * @returns whether Kubernetes refused the run as invalid: the build has then failed, and its slot goes to the next
 * build
 */
const createRun = async (context: BuildsContext, tool: string, change: CreateRun): Promise<boolean> => {
  const run = pipelineRun(change.build, tool, toolLabel(tool), context.runSettings, change.cancelled);
  try {
    await context.kube.create<PipelineRun>('pipelineruns', run);
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    if (!(error instanceof KubeError) || !invalidStatuses.includes(error.status)) throw error;
    await failBuild(context, tool, change.build.id, error);
    return true;
  }
  return false;
};

/**
 * Deletes the run of a build, then removes the finalizer that kept the run. When the function is killed between the two
 * requests, the next reconcile repeats both.
 */
const releaseRun = async ({ kube }: BuildsContext, id: string, run: PipelineRun | undefined): Promise<void> => {
  await ifFound(kube.remove('pipelineruns', id));
  const finalizers = (run?.metadata.finalizers ?? []).filter((finalizer) => finalizer !== logFinalizer);
  await ifFound(kube.patch('pipelineruns', id, { metadata: { finalizers } }));
};

/**
 * Applies one change to the runs of a tool. Applying a change twice does no harm.
 * @returns whether the ledger has changed as well, so that the tool has to be reconciled again
 */
export const applyChange = async (
  context: BuildsContext,
  tool: string,
  runs: Runs,
  change: RunChange,
): Promise<boolean> => {
  if (change.kind === 'create') return createRun(context, tool, change);
  if (change.kind === 'release') await releaseRun(context, change.id, runs.get(change.id));
  else await ifFound(context.kube.patch('pipelineruns', change.id, { spec: { status: 'Cancelled' } }));
  return false;
};
