import { createHash } from 'node:crypto';
import { ApiError } from '../errors.ts';

/**
 * Put between two separators that stand side by side. Harbor's project names take single ones only, and nothing but
 * letters and digits can part them.
 */
const FILLER = 'x';
const maxRepository = 255;
/** As long as the contract lets an image's name be, so that every image has room in every project. */
const maxImage = 128;
const maxProject = maxRepository - maxImage - 1;
/** A path component of a repository: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

const shortened = (name: string): string => {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  const kept = name.slice(0, maxProject - digest.length - 1).replace(/[-_.]+$/, '');
  return `${kept}-${digest}`;
};

/**
 * The project that holds a tool's images: `tool-<tool>`, as far as Harbor takes it. Harbor's names match
 * [a-z0-9]+([._-][a-z0-9]+)*: a filler goes between adjacent separators (a-_b becomes a-x_b), and what is too long to
 * leave room for an image is cut and gets a hash of the whole. Two tools share a project only where one is named
 * like the other with the filler written out; whoever gives out tool names must not give out both.
 */
export const projectName = (tool: string, filler: string = FILLER): string => {
  const name = `tool-${tool}`.replace(/[-_](?=[-_])/g, `$&${filler}`);
  return name.length > maxProject ? shortened(name) : name;
};

/** What an image is called that nobody gave a name: like the tool's project, which every registry takes. */
export const defaultImageName = (tool: string): string => projectName(tool);

/** `<project>/<image>`. @throws ApiError 400 parameter_invalid where a registry would refuse the image's name */
export const repositoryName = (project: string, image: string): string => {
  const name = `${project}/${image}`;
  if (component.test(image) && name.length <= maxRepository) return name;
  throw new ApiError(
    400,
    'parameter_invalid',
    `The image name must be lower case letters and digits, parted by single dots, underscores or dashes, and at most ${maxRepository - project.length - 1} characters long.`,
  );
};
