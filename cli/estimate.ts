import type { Build } from '../openapi/generated/types.ts';
import { durationText } from './durations.ts';
import { hasEnded, statusWord } from './format-builds.ts';

/** Number of builds that succeeded last, from which the usual duration of a build is taken. */
const considered = 5;

const timeOf = (text: string | undefined): number => Date.parse(text ?? '');

const durationOf = ({ start_time, end_time }: Build): number => timeOf(end_time) - timeOf(start_time);

/**
 * Returns the usual duration of builds of a repository in milliseconds: the median of the last five that succeeded.
 * Undefined without such a build.
 * @param builds the tool's builds, newest first
 */
export const usualMs = (builds: readonly Build[], sourceUrl: string | undefined): number | undefined => {
  const durations = builds
    .filter((build) => statusWord(build.status) === 'ok' && build.parameters?.source_url === sourceUrl)
    .map(durationOf)
    .filter((duration) => duration >= 0)
    .slice(0, considered)
    .sort((a, b) => a - b);
  return durations[Math.floor(durations.length / 2)];
};

/** Returns the milliseconds until a running build ends if it takes as long as usual; undefined if that is not known. */
const leftMs = (builds: readonly Build[], build: Build, now: number): number | undefined => {
  const usual = usualMs(builds, build.parameters?.source_url);
  const begun = timeOf(build.start_time);
  return usual === undefined || Number.isNaN(begun) ? undefined : Math.max(0, begun + usual - now);
};

const allKnown = (numbers: ReadonlyArray<number | undefined>): numbers is number[] =>
  numbers.every((number) => number !== undefined);

/** Takes the slot that is free first, until so many milliseconds later. */
const takeSlot = (slots: number[], ms: number): void => {
  const first = slots.indexOf(Math.min(...slots));
  slots[first] = (slots[first] ?? 0) + ms;
};

/**
 * Returns the milliseconds until a queued build begins, if the builds before it take as long as usual. Undefined for a
 * build that is not queued, if the duration of a build before it is not known, and if no build of the tool runs, because
 * the build then waits for the builds of others.
 * @param builds the tool's builds, newest first
 * @param now the present time in milliseconds since 1970
 */
export const waitMs = (builds: readonly Build[], id: string, now: number): number | undefined => {
  const position = builds.find(({ build_id }) => build_id === id)?.queue_position;
  const slots = builds
    .filter((build) => !(hasEnded(build) || build.queue_position))
    .map((build) => leftMs(builds, build, now));
  const ahead = builds
    .filter(({ queue_position = 0 }) => position !== undefined && queue_position > 0 && queue_position < position)
    .map(({ parameters }) => usualMs(builds, parameters?.source_url));
  if (position === undefined || slots.length === 0 || !allKnown(slots) || !allKnown(ahead)) return undefined;
  for (const ms of ahead) takeSlot(slots, ms);
  return Math.min(...slots);
};

/** Returns a phrase about a queued build that begins in so many milliseconds: ", begins in about 2 min". Empty if unknown. */
export const beginsText = (ms: number | undefined): string => {
  if (ms === undefined) return '';
  return ms >= 1000 ? `, begins in about ${durationText(ms)}` : ', begins soon';
};

/**
 * Returns a phrase about how long a running build goes on: ", about 40 s left", or how long such a build usually takes if
 * it has taken longer. Empty if unknown.
 * @param elapsedMs time since the build's start in milliseconds
 */
export const restText = (usual: number | undefined, elapsedMs: number): string => {
  if (usual === undefined) return '';
  const left = usual - elapsedMs;
  return left >= 1000 ? `, about ${durationText(left)} left` : `, usually ${durationText(usual)}`;
};
