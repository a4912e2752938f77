import { expect, test } from '@jest/globals';
import { beginsText, restText, usualMs, waitMs } from '../../../cli/estimate.ts';
import type { Build } from '../../../openapi/generated/types.ts';

const now = Date.parse('2026-11-22T08:00:00Z');
const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();
const source = 'https://example.org/repo.git';

const made = (buildId: string, fields: Partial<Build>): Build => ({
  build_id: buildId,
  status: 'BUILD_SUCCESS',
  message: '',
  start_time: '',
  end_time: '',
  parameters: { source_url: source },
  destination_image: '',
  resolved_ref: '',
  resolved_commit: '',
  ...fields,
});
const ended = (seconds: number, fields: Partial<Build> = {}) =>
  made('old', { start_time: at(-1000), end_time: at(-1000 + seconds), ...fields });
const running = (seconds: number) => made('runs', { status: 'BUILD_RUNNING', start_time: at(-seconds) });
const queued = (position: number) => made(`q${position}`, { status: 'BUILD_PENDING', queue_position: position });

test('the usual duration is the median of the last five builds of the same repository that succeeded', () => {
  const other = ended(7, { parameters: { source_url: 'https://example.org/other.git' } });
  const failed = ended(1, { status: 'BUILD_FAILURE' });
  const builds = [failed, ended(60), other, ended(40), ended(50), ended(70), ended(30), ended(9000)];
  expect(usualMs(builds, source)).toBe(50_000);
  expect(usualMs(builds, 'https://example.org/new.git')).toBeUndefined();
});

test('a build that ends before it starts has no duration', () => {
  expect(usualMs([ended(-5), made('x', { start_time: 'soon', end_time: at(0) })], source)).toBeUndefined();
});

test('a queued build begins when the builds before it have left a slot, if they take as long as usual', () => {
  const builds = [queued(3), queued(2), queued(1), running(20), running(50), ended(60)];
  expect(waitMs(builds, 'q1', now)).toBe(10_000);
  expect(waitMs(builds, 'q2', now)).toBe(40_000);
  expect(waitMs(builds, 'q3', now)).toBe(70_000);
});

test('a running build that takes longer than usual may end at any time', () => {
  expect(waitMs([queued(1), running(500), ended(60)], 'q1', now)).toBe(0);
});

test.each([
  ['no build of the repository has succeeded', [queued(1), running(20)]],
  ['no build of the tool runs', [queued(1), ended(60)]],
  ['the build is not queued', [made('q1', { status: 'BUILD_RUNNING', start_time: at(0) }), ended(60)]],
  ['the build is not listed', [running(20), ended(60)]],
])('there is no estimate when %s', (_, builds) => {
  expect(waitMs(builds, 'q1', now)).toBeUndefined();
});

test.each([
  [undefined, ''],
  [125_000, ', begins in about 2 min 5 s'],
  [999, ', begins soon'],
  [-5, ', begins soon'],
])('a queued build that begins in %j ms is shown as %j', (ms, text) => {
  expect(beginsText(ms)).toBe(text);
});

test.each([
  [undefined, 5000, ''],
  [60_000, 20_000, ', about 40 s left'],
  [300_000, 65_000, ', about 3 min 55 s left'],
  [60_000, 59_500, ', usually 1 min'],
  [60_000, 90_000, ', usually 1 min'],
])('a build that usually takes %j ms and has taken %i ms is shown as %j', (usual, elapsed, text) => {
  expect(restText(usual, elapsed)).toBe(text);
});
