import type { Build, BuildParameters } from '../../openapi/generated/types.ts';
import { promotableBuilds } from '../ledger/state.ts';
import type { BuildRecord, LedgerState, Limits } from '../ledger/types.ts';
import { defaultImageName } from '../registry/names.ts';
import { statusOf } from '../tekton/status.ts';
import type { PipelineRun } from '../tekton/types.ts';

/** Parameters with every default filled in, as builds-api 2 answers them. */
export const normalizeParameters = (tool: string, given: BuildParameters): Required<BuildParameters> => ({
  source_url: given.source_url,
  ref: given.ref ?? '',
  envvars: given.envvars ?? {},
  image_name: given.image_name || defaultImageName(tool),
  use_latest_versions: given.use_latest_versions ?? false,
  use_deprecated_versions: given.use_deprecated_versions ?? false,
});

const seconds = (time: string | undefined): string => (time ? `${new Date(time).toISOString().slice(0, 19)}Z` : '');

const imageOf = ({ image, digest }: BuildRecord): string => (digest ? `${image}@${digest}` : image);

const base = (entry: BuildRecord): Build => ({
  build_id: entry.id,
  start_time: seconds(entry.startedAt ?? entry.acceptedAt),
  end_time: seconds(entry.finishedAt),
  status: entry.status,
  message: entry.message,
  parameters: entry.parameters,
  destination_image: imageOf(entry),
  resolved_ref: entry.commit,
  log: entry.log,
});

export const queuedMessage = (position: number, length: number, running: number): string =>
  `Waits at position ${position} of ${length} in the queue; ${running} ${running === 1 ? 'build runs' : 'builds run'} now.`;

/** Said where the tool's own limit would let the build run. */
const fullMessage = 'All slots are taken; the next one goes to the tool with the fewest running builds.';

const queued = (entry: BuildRecord, at: number, state: LedgerState, limits: Limits): Build => {
  const message = queuedMessage(at + 1, state.queued.length, state.running.length);
  const waitsForCapacity = promotableBuilds(state, limits).includes(entry);
  return {
    ...base(entry),
    start_time: '',
    message: waitsForCapacity ? `${message} ${fullMessage}` : message,
    queue_position: at + 1,
  };
};

const running = (entry: BuildRecord, run: PipelineRun | undefined): Build => ({
  ...base(entry),
  status: run ? statusOf(run) : 'BUILD_PENDING',
  message: entry.cancelledAt ? 'The build is being cancelled.' : '',
});

/** All builds a tool is shown, newest first. `runs` gives running ones their status of this moment. */
export const presentBuilds = (state: LedgerState, limits: Limits, runs: ReadonlyMap<string, PipelineRun>): Build[] =>
  [
    ...state.queued.map((entry, at) => ({ at: entry.acceptedAt, build: queued(entry, at, state, limits) })),
    ...state.running
      .filter(({ deletedAt }) => !deletedAt)
      .map((entry) => ({ at: entry.acceptedAt, build: running(entry, runs.get(entry.id)) })),
    ...state.finished.map((entry) => ({ at: entry.acceptedAt, build: base(entry) })),
  ]
    .sort((a, b) => b.at.localeCompare(a.at))
    .map(({ build }) => build);
