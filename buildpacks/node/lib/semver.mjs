// Compares versions with ranges, by the package semver that npm brings.
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Tells whether a version is in a range; undefined where the text is no range.
 * @param npm folder of npm
 */
export const satisfies = (version, range, npm) => {
  try {
    const semver = createRequire(join(npm, 'package.json'))('semver');
    return semver.validRange(range) === null ? undefined : semver.satisfies(version, range);
  } catch {
    // Another npm may bring no semver. Then the first number counts.
    const [, major] = /^[v^~=\s]*(\d+)/.exec(range) ?? [];
    return major === undefined ? undefined : version.startsWith(`${major}.`);
  }
};
