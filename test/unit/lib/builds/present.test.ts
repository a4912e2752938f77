import { expect, test } from '@jest/globals';
import { presentBuilds } from '../../../../lib/builds/present.ts';
import { emptyState, finish } from '../../../../lib/ledger/state.ts';
import type { BuildRecord, LedgerState } from '../../../../lib/ledger/types.ts';
import { pipelineRun } from '../../../../lib/tekton/run.ts';
import { endingOf } from '../../../../lib/tekton/status.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import type { Versions } from '../../../../lib/tekton/versions.ts';

const limits = { running: 4, queued: 4, succeeded: 4, failed: 4 };
const pair = (name: string) => ({ builder: `${name}-builder`, runner: `${name}-runner` });
const before: Versions = { default: pair('22'), latest: pair('24') };
const after: Versions = { default: pair('24'), deprecated: { ...pair('22'), validUntil: '2026-04-27' } };
const next: Versions = { default: pair('26') };

const record = (id: string, flags: object = {}): BuildRecord => ({
  ...{ id, sourceUrl: 'https://example.org/x', commit: 'c0', image: 'i', acceptedAt: '2026-01-01T00:00:00Z' },
  parameters: { source_url: 'https://example.org/x', ...flags },
  ...{ status: 'BUILD_PENDING', message: '', log: 'live' },
});

const runOf = (build: BuildRecord, versions: Versions): PipelineRun =>
  pipelineRun(
    build,
    'mine',
    'mine',
    { pipeline: 'p', serviceAccount: 's', timeout: '1h', imageHost: 'registry.example', versions },
    false,
  );

/** Returns the flags with which a build is shown: `latest`, `deprecated` or nothing. */
const shown = (state: LedgerState, versions: Versions, run?: PipelineRun): string => {
  const runs = new Map(run ? [[run.metadata.name, run]] : []);
  const [build] = presentBuilds({ state, limits, runs }, versions);
  const { use_latest_versions: latest, use_deprecated_versions: deprecated } = build?.parameters ?? {};
  return `${latest ? 'latest' : ''}${deprecated ? 'deprecated' : ''}`;
};

/** Ends a build with the ending of its run, as a reconcile does. */
const ended = (build: BuildRecord, versions: Versions): LedgerState => {
  const status = { conditions: [{ type: 'Succeeded', status: 'True' as const }] };
  const ending = endingOf({ ...runOf(build, versions), status }, undefined, new Date(), () => '');
  if (!ending) throw new Error('The run has not ended.');
  return finish({ ...emptyState, running: [build] }, build.id, ending, limits, new Date());
};

test.each([
  [{}, ['', 'deprecated', '']],
  // The default images are the latest where the settings have no latest ones.
  [{ use_latest_versions: true }, ['latest', 'latest', '']],
])(
  'a build with %j is shown with the flags of its builder image, also after the settings have changed',
  (flags, expected) => {
    const build = record('one', flags);
    const finished = ended(build, before);
    const running = { ...emptyState, running: [build] };
    const run = runOf(build, before);
    for (const [at, versions] of [before, after, next].entries()) {
      expect(shown(finished, versions)).toBe(expected[at]);
      expect(shown(running, versions, run)).toBe(expected[at]);
    }
  },
);

test('a build without a run, and one that ended before builder images were kept, have the flags of their request', () => {
  const build = record('one', { use_latest_versions: true });
  for (const versions of [before, after, next]) {
    expect(shown({ ...emptyState, queued: [build] }, versions)).toBe('latest');
    expect(shown({ ...emptyState, running: [build] }, versions)).toBe('latest');
    expect(shown({ ...emptyState, finished: [build] }, versions)).toBe('latest');
  }
});
