import type { Build } from '../openapi/generated/types.ts';
import type { Api } from './api.ts';
import { shortId, type Targets } from './build-ids.ts';
import type { Invocation } from './command.ts';
import { exitCodes, Failure } from './failure.ts';
import { statusWord } from './format-builds.ts';
import { printable } from './printable.ts';
import { isBuildId } from './response-shapes.ts';
import { editDistance } from './similar.ts';

/** Matches an id with the start of a tool's name only, because the id has no room for the whole name. */
const shortenedId = /^0-.*-buildpacks-pipelinerun-/;
/** Matches what can be the end of an id. */
const ending = /^[-.a-z0-9]{1,253}$/;
/** Limit for the builds that an error names. */
const maxCandidates = 10;

const listHint = 'See `toolforge-build list`.';

const notAName = (name: string): Failure =>
  new Failure(exitCodes.usage, `"${name}" is not an id of a build.`, {
    hint: 'Name a build by its id, by the last characters of its id, as latest, or as @2 for the second newest: see `toolforge-build list`.',
  });

/** Tells whether a name stands for the newest build, whatever builds there are. No name does, too. */
export const isLatest = (name: string | undefined): boolean => name === undefined || name === 'latest' || name === '@1';

/**
 * Tells whether a name is an id from its first character on, so that the builds need not be listed to find the id. An
 * id begins with the tool's name, and the part of an id that differs from build to build has no dash.
 */
const isWhole = (name: string, { tool }: Api): boolean =>
  isBuildId(name) && (name.startsWith(`${tool}-`) || shortenedId.test(name));

/** Returns the position that a name such as @2 stands for: 1 is the newest build. Undefined for any other name. */
const positionIn = (name: string): number | undefined => {
  const digits = /^@(\d{1,6})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const buildAt = (position: number, builds: readonly Build[]): string => {
  const found = builds[position - 1];
  if (found) return found.build_id;
  if (position === 0) throw new Failure(exitCodes.usage, 'There is no build @0: @1 is the newest.');
  const count = builds.length === 1 ? 'is only 1 build' : `are only ${builds.length} builds`;
  throw new Failure(exitCodes.notFound, `There is no build @${position}: there ${count}.`, { hint: listHint });
};

/** Returns the ids in their short form, or whole where two of them would look the same. */
const distinct = (ids: string[]): string[] => {
  const short = ids.map(shortId);
  return new Set(short).size < ids.length ? ids : short;
};

const ambiguous = (name: string, builds: readonly Build[]): Failure => {
  const shown = distinct(builds.map((build) => build.build_id));
  const width = Math.max(...shown.map(({ length }) => length));
  const lines = builds.slice(0, maxCandidates).map((build, index) => {
    const status = statusWord(build.status).padEnd(9);
    const cells = [shown[index]?.padEnd(width), status, build.start_time || '-', build.parameters?.ref ?? ''];
    return `  ${cells.map((cell) => printable(cell ?? '')).join('  ')}`.trimEnd();
  });
  const others = builds.length > maxCandidates ? [`  and ${builds.length - maxCandidates} more`] : [];
  const hint = ['Type more of the id:', ...lines, ...others].join('\n');
  return new Failure(exitCodes.usage, `The ids of ${builds.length} builds end with "${name}".`, { hint });
};

/** Returns how different a name is from an id or from its end. Zero means that the name is a part of the id. */
const distanceTo = (name: string, id: string): number =>
  id.includes(name) ? 0 : Math.min(editDistance(name, id), editDistance(name, shortId(id)));

/** Returns a hint with the build whose id is most like a name, if one is like it at all, and how to list the builds. */
const nearestHint = (name: string, builds: readonly Build[]): string => {
  const distances = builds.map(({ build_id: id }) => ({ id, distance: distanceTo(name, id) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  if (!nearest) return 'No builds exist yet. Start one: see `toolforge-build start --help`.';
  const isSimilar = nearest.distance <= Math.max(1, Math.ceil(name.length / 2));
  return isSimilar ? `Did you mean ${shortId(nearest.id)}? Or see \`toolforge-build list\`.` : listHint;
};

/**
 * Returns the id of the build that is named by its id or by an end of its id.
 * @param builds all builds of the tool
 * @throws Failure when no build is named so, or several
 */
const buildEnding = (name: string, builds: readonly Build[]): string => {
  const whole = builds.find(({ build_id: id }) => id === name);
  const ends = whole ? [whole] : builds.filter(({ build_id: id }) => id.endsWith(name));
  const [first, ...others] = ends.some(({ build_id: id }) => shortId(id) === name)
    ? ends.filter(({ build_id: id }) => shortId(id) === name)
    : ends;
  if (first && others.length === 0) return first.build_id;
  if (first) throw ambiguous(name, ends);
  throw new Failure(exitCodes.notFound, `No build has an id that ends with "${name}".`, {
    hint: nearestHint(name, builds),
  });
};

/**
 * Returns a function that returns the id of a build by its name: the id, an end of the id, `latest`, or `@2` for the
 * second newest build. The builds of the tool are listed at most once, and not at all for whole ids and `latest` alone.
 * @param names all names. If one of them needs the list, the list decides about `latest` too: between two requests a
 * build may begin, and then `latest` and `@2` could be the same build
 */
const createLookup = (api: Api, names: readonly string[]): ((name: string) => Promise<string>) => {
  const needsList = names.some((name) => !(isLatest(name) || isWhole(name, api)));
  let listed: Promise<Build[]> | undefined;
  const builds = (): Promise<Build[]> => {
    listed ??= api.list().then((response) => response.builds);
    return listed;
  };
  return async (name) => {
    if (isLatest(name)) return needsList ? buildAt(1, await builds()) : (await api.latest()).build.build_id;
    if (isWhole(name, api)) return name;
    const position = positionIn(name);
    if (position !== undefined) return buildAt(position, await builds());
    if (!ending.test(name)) throw notAName(name);
    return buildEnding(name, await builds());
  };
};

/**
 * Returns the id of the build that the user named in the first argument. Default: the tool's newest build.
 * @throws Failure for a name that stands for no build, or for several
 */
export const namedBuild = (api: Api, { positionals: [name = 'latest'] }: Invocation): Promise<string> =>
  createLookup(api, [name])(name);

const isWrongName = (error: unknown): error is Failure =>
  error instanceof Failure && (error.exitCode === exitCodes.notFound || error.exitCode === exitCodes.usage);

/**
 * Returns the ids of all builds that the user named in arguments, each once, and the failures of the names that stand
 * for no build.
 */
export const namedBuilds = async (api: Api, { positionals }: Invocation): Promise<Targets> => {
  const lookUp = createLookup(api, positionals);
  const found: Targets = { ids: [], failures: [] };
  for (const name of new Set(positionals)) {
    try {
      found.ids.push(await lookUp(name));
    } catch (error) {
      if (!isWrongName(error)) throw error;
      found.failures.push(error);
    }
  }
  return { ...found, ids: [...new Set(found.ids)] };
};

/**
 * Returns the result of `request`, which is about one build. If there is no such build, the failure's hint names the
 * build with the most similar id.
 */
export const aboutBuild = async <T>(api: Api, id: string, request: () => Promise<T>): Promise<T> => {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== exitCodes.notFound || error.hint) throw error;
    const builds = await api.list().then(
      (response) => response.builds,
      () => undefined,
    );
    const hint = builds ? nearestHint(id, builds) : listHint;
    throw new Failure(error.exitCode, error.message, { hint, cause: error.cause });
  }
};
