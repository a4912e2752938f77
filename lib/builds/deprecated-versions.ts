import { ApiError } from '../errors.ts';
import type { VersionFlags, Versions } from '../tekton/versions.ts';

const refused = (sentence: string): ApiError => new ApiError(400, 'versions_unavailable', sentence);

/** Sentence for a build whose deprecated versions do not exist. */
export const noDeprecatedVersions =
  'There are no deprecated versions at the moment. Start the build without use_deprecated_versions.';

/** Returns the day of a time in UTC, such as 2026-04-27. Two days compare like their texts. */
const dayOf = (time: Date): string => time.toISOString().slice(0, 10);

/**
 * Checks whether a build may use the versions that its request chose.
 * @throws ApiError 400 `versions_unavailable` for deprecated versions that ended, or that the installation does not have
 */
export const requireVersions = ({ deprecated }: Versions, flags: VersionFlags, now: Date): void => {
  if (!flags.use_deprecated_versions) return;
  if (!deprecated) throw refused(noDeprecatedVersions);
  if (dayOf(now) >= deprecated.validUntil)
    throw refused(
      `The deprecated versions ended on ${deprecated.validUntil} (UTC). Start the build without use_deprecated_versions.`,
    );
};

/** Returns the warnings for a build that uses deprecated versions. */
export const versionWarnings = ({ deprecated }: Versions, flags: VersionFlags): string[] =>
  flags.use_deprecated_versions && deprecated
    ? [
        `This build uses deprecated versions. From ${deprecated.validUntil} (UTC) on, builds with use_deprecated_versions are refused. Make the application work with the default versions before that day.`,
      ]
    : [];
