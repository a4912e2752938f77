/** Step detect of the embedded pipeline: finds the group of buildpacks that builds the application. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'smol-toml';
import {
  type Buildpack,
  findBuildpack,
  type Group,
  machineEnvironment,
  nameOf,
  readBuildpacks,
  readOrder,
  readTomlIfThere,
  runScript,
} from './buildpacks.ts';
import { baseEnvironment, type Environment, platformEnvironment } from './environment.ts';
import { decoded, exitCodes, PhaseError, readArguments, runPhase, type Say } from './phase.ts';
import { type Alternative, alternativesOf, type BuildPlanToml, type Resolved, resolvePlan } from './plan.ts';

type Detected = { outcome: 'pass' | 'fail' | 'err'; exitCode: number; output: string; alternatives: Alternative[] };
type Detector = (buildpack: Buildpack) => Promise<Detected>;

/**
 * Writes the commit and the user's build-time variables into the platform folder, one file per variable, for the steps
 * detect and build. The commit has the name that it has at Heroku.
 */
const writePlatform = async (platform: string, commit: string, pairs: string[]): Promise<void> => {
  await rm(platform, { recursive: true, force: true });
  await mkdir(join(platform, 'env'), { recursive: true });
  await writeFile(join(platform, 'env', 'SOURCE_VERSION'), commit);
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(pair) ?? [];
    if (name === '') throw new PhaseError(exitCodes.invalidArguments, `"${pair.split('=')[0]}" can't name a variable.`);
    await writeFile(join(platform, 'env', name), decoded(value));
  }
};

type DetectorOptions = { app: string; platform: string; scratch: string; machine: Environment };

const runDetect = async (buildpack: Buildpack, options: DetectorOptions): Promise<Detected> => {
  const { app, platform, scratch, machine } = options;
  const plan = join(await mkdtemp(join(scratch, 'plan-')), 'plan.toml');
  await writeFile(plan, '');
  const environment = {
    ...machine,
    HOME: scratch,
    TMPDIR: scratch,
    ...(buildpack.clearEnv ? {} : await platformEnvironment(platform)),
    CNB_BUILDPACK_DIR: buildpack.folder,
    CNB_PLATFORM_DIR: platform,
    CNB_BUILD_PLAN_PATH: plan,
  };
  const script = join(buildpack.folder, 'bin', 'detect');
  const run = await runScript(script, { folder: app, environment, words: [platform, plan], collect: true });
  const outcome = run.exitCode === 0 ? 'pass' : run.exitCode === 100 ? 'fail' : 'err';
  const written = outcome === 'pass' ? await readTomlIfThere<BuildPlanToml>(plan, {}) : {};
  return { outcome, ...run, alternatives: alternativesOf(written) };
};

/** Runs the bin/detect of each buildpack only once, although a buildpack may be in several groups. */
const detectOnce = (options: DetectorOptions): Detector => {
  const asked = new Map<string, Promise<Detected>>();
  return (buildpack) => {
    const name = nameOf(buildpack);
    const answer = asked.get(name) ?? runDetect(buildpack, options);
    asked.set(name, answer);
    return answer;
  };
};

/** The result of a group of buildpacks, and the lines that tell why. The group fits if `resolved` is there. */
type GroupResult = { resolved: Resolved | undefined; broke: boolean; lines: string[] };

const tryGroup = async (group: Group, buildpacks: Map<string, Buildpack>, detect: Detector): Promise<GroupResult> => {
  const found = group.map((member) => ({ member, buildpack: findBuildpack(buildpacks, member) }));
  const results = await Promise.all(found.map(async (one) => ({ ...one, ...(await detect(one.buildpack)) })));
  const lines = results.map(({ member, outcome, exitCode, output }) => {
    const word = outcome === 'fail' && member.optional ? 'skip' : outcome;
    const why = outcome === 'pass' || output === '' ? '' : `: ${output}`;
    return `${word}: ${nameOf(member)}${outcome === 'err' ? ` (exit code ${exitCode})` : ''}${why}`;
  });
  const broke = results.some(({ outcome }) => outcome === 'err');
  if (results.some(({ outcome, member }) => outcome !== 'pass' && !member.optional)) {
    return { resolved: undefined, broke, lines };
  }
  const resolved = resolvePlan(results.filter(({ outcome }) => outcome === 'pass'));
  if (resolved === undefined) lines.push('fail: no build plan, because something required is not provided');
  return { resolved, broke, lines };
};

const nothingDetected = [
  'No buildpack recognises this repository. In its root it needs one of:',
  '- package.json, for Node.js',
  '- requirements.txt, pyproject.toml, setup.py or Pipfile.lock, for Python',
  '- index.html, also in public or dist, for a static site',
  '- Procfile, for anything else: one line "web: COMMAND"',
].join('\n');

const writeResult = async (layers: string, { group, entries }: Resolved, say: Say): Promise<void> => {
  for (const member of group) say(`${member.id} ${member.version}`);
  const members = group.map(({ id, version }) => ({ id, version, api: '0.10' }));
  await writeFile(join(layers, 'group.toml'), stringify({ group: members }));
  await writeFile(join(layers, 'plan.toml'), stringify({ entries }));
};

const detect = async (words: string[], say: Say): Promise<void> => {
  const { values, positionals } = readArguments(words, ['app', 'layers', 'platform', 'buildpacks', 'commit']);
  const [app, layers, platform, folder] = ['app', 'layers', 'platform', 'buildpacks'].map((name) =>
    resolve(values[name] ?? ''),
  ) as [string, string, string, string];
  await rm(layers, { recursive: true, force: true });
  await mkdir(layers, { recursive: true });
  await writePlatform(platform, values.commit ?? '', positionals);
  const scratch = await mkdtemp(join(platform, '.detect-'));
  const buildpacks = await readBuildpacks(folder);
  const machine = { ...baseEnvironment(process.env), ...(await machineEnvironment()) };
  const detector = detectOnce({ app, platform, scratch, machine });
  const tried: GroupResult[] = [];
  for (const group of await readOrder(join(folder, 'order.toml'))) {
    const result = await tryGroup(group, buildpacks, detector);
    if (result.resolved !== undefined) {
      say(`${result.resolved.group.length} of ${group.length} buildpacks participating`);
      return writeResult(layers, result.resolved, say);
    }
    tried.push(result);
  }
  // The results of the groups are printed only if none of them fits, as the lifecycle does.
  for (const { lines } of tried) for (const line of ['======== Results ========', ...lines]) say(line);
  if (tried.some(({ broke }) => broke))
    throw new PhaseError(exitCodes.detectBroke, 'A buildpack failed in detect. Its output above says why.');
  throw new PhaseError(exitCodes.nothingDetected, nothingDetected);
};

await runPhase('detector', detect);
