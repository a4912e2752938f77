import type { Build } from '../../openapi/generated/types.ts';
import { promotableBuilds } from '../ledger/state.ts';
import type { BuildRecord, LedgerState, Limits } from '../ledger/types.ts';
import { builderOf } from '../tekton/run.ts';
import { statusOf } from '../tekton/status.ts';
import type { PipelineRun } from '../tekton/types.ts';
import { flagsOf, normalizeFlags, type Versions } from '../tekton/versions.ts';

/** A tool's builds and limits, and the runs of the running builds, which give these builds their status. */
type Listed = { state: LedgerState; limits: Limits; runs: ReadonlyMap<string, PipelineRun> };

/** Formats a time in UTC without milliseconds. Returns an empty text for an undefined time. */
const seconds = (time: string | undefined): string => (time ? `${new Date(time).toISOString().slice(0, 19)}Z` : '');

const imageOf = ({ image, digest }: BuildRecord): string => (digest ? `${image}@${digest}` : image);

/** Returns the parameters of a build. The flags of versions come from the builder image that the build has used. */
const parametersOf = (
  { parameters, builder }: Pick<BuildRecord, 'parameters' | 'builder'>,
  versions: Versions,
): Build['parameters'] => ({ ...parameters, ...flagsOf(versions, builder, normalizeFlags(parameters)) });

const presentFinished = (build: BuildRecord, versions: Versions): Build => ({
  build_id: build.id,
  start_time: seconds(build.startedAt ?? build.acceptedAt),
  end_time: seconds(build.finishedAt),
  status: build.status,
  message: build.message,
  parameters: parametersOf(build, versions),
  destination_image: imageOf(build),
  resolved_ref: build.resolvedRef ?? build.commit,
  resolved_commit: build.commit,
  log: build.log,
});

/** Returns the sentence that tells a client where its build is in the queue. */
const positionMessage = (position: number, length: number, running: number): string =>
  `Waits at position ${position} of ${length} in the queue; ${running} ${running === 1 ? 'build runs' : 'builds run'} now.`;

/** Sentence that tells a client that its queued build waits only for a free slot of the cluster. */
const capacityMessage = 'All slots are taken; the next one goes to the tool with the fewest running builds.';

const presentQueued = (build: BuildRecord, position: number, { state, limits }: Listed, versions: Versions): Build => {
  const message = positionMessage(position, state.queued.length, state.running.length);
  const waitsForCapacity = promotableBuilds(state, limits).includes(build);
  return {
    ...presentFinished(build, versions),
    start_time: '',
    message: waitsForCapacity ? `${message} ${capacityMessage}` : message,
    queue_position: position,
  };
};

const presentRunning = (build: BuildRecord, run: PipelineRun | undefined, versions: Versions): Build => ({
  ...presentFinished({ ...build, ...(run ? { builder: builderOf(run) ?? '' } : {}) }, versions),
  status: run ? statusOf(run) : 'BUILD_PENDING',
  message: build.cancelledAt ? 'The build is being cancelled.' : '',
});

/** Returns all builds of a tool that are not deleted, newest first. */
export const presentBuilds = (listed: Listed, versions: Versions): Build[] => {
  const { state, runs } = listed;
  const queued = state.queued.map((build, at) => ({ build, shown: presentQueued(build, at + 1, listed, versions) }));
  const running = state.running
    .filter(({ deletedAt }) => !deletedAt)
    .map((build) => ({ build, shown: presentRunning(build, runs.get(build.id), versions) }));
  const finished = state.finished.map((build) => ({ build, shown: presentFinished(build, versions) }));
  return [...queued, ...running, ...finished]
    .sort((a, b) => b.build.acceptedAt.localeCompare(a.build.acceptedAt))
    .map(({ shown }) => shown);
};
