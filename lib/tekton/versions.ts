/** The versions of the builder among which a request chooses: default, latest and deprecated. */

/** A builder image, which has the lifecycle and the buildpacks, and the run image that fits to it. */
export type ImagePair = { builder: string; runner: string };

export type Versions = {
  default: ImagePair;
  /** Undefined where the default versions are the latest. */
  latest?: ImagePair;
  /** `validUntil` is the first day on which the deprecated versions are refused: a date in UTC, such as 2026-04-27. */
  deprecated?: ImagePair & { validUntil: string };
};

/** The fields of a build request that choose the versions. At most one is true. */
export type VersionFlags = { use_latest_versions: boolean; use_deprecated_versions: boolean };

export const versionNames = ['default', 'latest', 'deprecated'] as const satisfies readonly (keyof Versions)[];

const flagsByVersion = {
  default: { use_latest_versions: false, use_deprecated_versions: false },
  latest: { use_latest_versions: true, use_deprecated_versions: false },
  deprecated: { use_latest_versions: false, use_deprecated_versions: true },
} as const satisfies Record<keyof Versions, VersionFlags>;

/** Returns the flags of a request, where absent flags are false. Latest versions win over deprecated ones. */
export const normalizeFlags = (
  flags: {
    [Name in keyof VersionFlags]?: boolean | null | undefined;
  },
): VersionFlags => {
  if (flags.use_latest_versions) return flagsByVersion.latest;
  return flags.use_deprecated_versions ? flagsByVersion.deprecated : flagsByVersion.default;
};

/**
 * Returns the name of the versions that a request chose. Undefined where the request chose deprecated versions and the
 * installation has none.
 */
export const versionFor = (versions: Versions, flags: VersionFlags): keyof Versions | undefined => {
  if (flags.use_latest_versions) return versions.latest ? 'latest' : 'default';
  if (flags.use_deprecated_versions) return versions.deprecated && 'deprecated';
  return 'default';
};

/** Returns the images for the versions that a request chose. Undefined where {@link versionFor} finds no versions. */
export const pairFor = (versions: Versions, flags: VersionFlags): ImagePair | undefined => {
  const version = versionFor(versions, flags);
  return version && versions[version];
};

/**
 * Returns the name of the Pipeline that builds with the images of the versions. The chart builds-builder makes a Pipeline
 * for each pair of images, since their users and limits may differ.
 * @param pipeline the setting PIPELINE
 */
export const pipelineFor = (pipeline: string, version: keyof Versions): string =>
  version === 'default' ? pipeline : `${pipeline}-${version}`;

/**
 * Returns the flags that describe the builder image of a build by the present settings. A builder image of former
 * settings has no flag: a client that compares the flags of builds then sees that the build is not of the versions that
 * the flag stands for now.
 * @param builder the builder image. Undefined for a build that has no run yet
 * @param asked the flags of the build's request. Undefined for a run that another service has made
 */
export const flagsOf = (
  versions: Versions,
  builder: string | undefined,
  asked: VersionFlags | undefined,
): VersionFlags => {
  // Two versions may have the same builder image, so the versions that were asked for come first.
  if (asked && (builder === undefined || pairFor(versions, asked)?.builder === builder)) return asked;
  return flagsByVersion[versionNames.find((name) => versions[name]?.builder === builder) ?? 'default'];
};
