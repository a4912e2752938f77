import { ApiError } from '../errors.ts';
import { shortHashLength, shortHashOf } from '../hash.ts';

/**
 * Text that is put between two adjacent separators of a project's name. Harbor allows no adjacent separators. The other
 * components of Toolforge put the same text there. No tool has a dot in its name, so no tool's name has this text.
 */
const filler = 'char.sep';

/**
 * The replacements that put the filler between adjacent separators, in their order. A pair of equal separators comes
 * twice, because the second pair in `---` begins within the first pair. The admission policy of runs makes the same
 * replacements in CEL, whose regular expressions have no lookahead.
 */
export const fillings: readonly (readonly [pair: string, filled: string])[] = ['--', '--', '__', '__', '-_', '_-'].map(
  (pair) => [pair, pair.split('').join(filler)],
);

const maxRepositoryLength = 255;
/**
 * Limit for an image's name in the OpenAPI contract, in characters. A project's name is kept so short that
 * `<project>/<image>` never exceeds the limit for a repository's name.
 */
const maxImageLength = 128;
const maxProjectLength = maxRepositoryLength - maxImageLength - 1;

/** Limit for a project's name, and how many characters of a longer name are left before its hash. */
export const projectLength = { longest: maxProjectLength, kept: maxProjectLength - shortHashLength - 1 };

/**
 * Source of a regular expression that matches one path component of a repository's name.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const wholeComponent = new RegExp(`^${component}$`);

/** Tag of the images that builds push. */
export const imageTag = 'latest';

/**
 * Returns the start of a name and a hash of the whole name, with a dot between them. In a name that is not shortened, a
 * dot is always followed by the letter s of the filler, which is no hexadecimal digit. So no other tool's name can spell
 * a shortened name.
 */
const shortened = (name: string): string =>
  `${name.slice(0, projectLength.kept).replace(/[-_.]+$/, '')}.${shortHashOf(name)}`;

/**
 * Returns the name of the project that holds a tool's images: `tool-<tool>`, adapted to Harbor's rules. Harbor's names
 * match [a-z0-9]+([._-][a-z0-9]+)*, so a filler goes between adjacent separators: a-_b becomes a-char.sep_b. A name that
 * leaves no room for an image's name is cut and gets a hash. Security: two tools never share a project, because each
 * could then replace and delete the other's images.
 */
export const projectName = (tool: string): string => {
  const name = fillings.reduce((filled, [pair, replacement]) => filled.replaceAll(pair, replacement), `tool-${tool}`);
  return name.length > projectLength.longest ? shortened(name) : name;
};

/**
 * Returns the image name of a build whose request has no image name: the name of the tool's project, which every
 * registry accepts.
 */
export const defaultImageName = (tool: string): string => projectName(tool);

/**
 * Returns the name of an image's repository: `<project>/<image>`.
 * @throws ApiError 400 parameter_invalid where a registry would refuse the image's name
 */
export const repositoryName = (project: string, image: string): string => {
  const name = `${project}/${image}`;
  if (wholeComponent.test(image) && name.length <= maxRepositoryLength) return name;
  const longest = maxRepositoryLength - project.length - 1;
  const problem = `must be lower case letters and digits, separated by single dots, underscores or dashes, and at most ${longest} characters long`;
  throw new ApiError(400, 'parameter_invalid', `The image name ${problem}.`, {
    wrong: { field: 'image_name', problem },
  });
};

/**
 * Returns the full name of the image that a build pushes: `<host>/<project>/<image>:latest`. The name is always made
 * from the tool. Security: a build has the credentials of the whole registry, so a name that comes from elsewhere could
 * be the image of another tool, or the builder.
 * @param host the registry's host in names of images, with its port
 * @throws ApiError 400 parameter_invalid where a registry would refuse the image's name
 */
export const pushedImage = (host: string, tool: string, image: string): string =>
  `${host}/${repositoryName(projectName(tool), image)}:${imageTag}`;
