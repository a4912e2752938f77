/**
 * The kill table: ends npm start, npm run demo and npm run image at random moments in five ways, through npm and without,
 * and prints what was left. Exits with 1 when anything was left.
 *   npm run test:endings -- [--moments 20] [--jobs 1] [--seed NUMBER] [--command start|demo|image]… [--way WAY]…
 */
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { makeScene } from './scene.ts';
import { type Command, commands, measure, runTrial, type Scene, type Trial, type Way, ways } from './trial.ts';

type Row = { command: Command; way: Way; trials: number; left: string[] };

/** Time in milliseconds after a command is ready in which it can still be killed: builds and images run then. */
const afterReadyMs: Record<Command, number> = { start: 6000, demo: 0, image: 1000 };

/** @returns a function with numbers from 0 to 1, the same for the same seed. @see Numerical Recipes, "ranqd1" */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const chosen = <T extends string>(all: readonly T[], given: string[] | undefined): readonly T[] => {
  const wrong = given?.find((name) => !all.includes(name as T));
  if (wrong !== undefined) throw new Error(`${wrong} is none of: ${all.join(', ')}.`);
  return given === undefined ? all : all.filter((name) => given.includes(name));
};

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      moments: { type: 'string', default: '20' },
      jobs: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      command: { type: 'string', multiple: true },
      way: { type: 'string', multiple: true },
    },
  });
  const [moments = 0, jobs = 1, seed = 0] = [values.moments, values.jobs, values.seed].map(Number);
  return { moments, jobs, seed, commands: chosen(commands, values.command), ways: chosen(ways, values.way) };
};

type Options = ReturnType<typeof readOptions>;

const trialsOf = (row: Row, lengthMs: number, random: () => number, moments: number): Trial[] =>
  Array.from({ length: moments }, (_, at) => ({
    ...{ command: row.command, way: row.way, moment: random() * lengthMs, againMs: random() * 2000 },
    ...{ isNpm: row.way === 'SIGINT twice' || at % 2 === 0, isGroup: at % 4 < 2 },
  }));

const nameOf = ({ moment, isNpm, isGroup }: Trial): string =>
  `after ${Math.round(Number(moment))} ms${isNpm ? ', npm' : ''}${isGroup ? ', group' : ''}`;

const runRow = async (scene: Scene, row: Row, trials: Trial[], limit: ReturnType<typeof pLimit>): Promise<void> => {
  const run = async (trial: Trial): Promise<void> => {
    const left = await runTrial(scene, trial).catch(({ message }: Error) => [message]);
    row.trials += 1;
    for (const line of left) {
      row.left.push(line);
      console.log(`${trial.command}, ${trial.way} ${nameOf(trial)}: ${line}`);
    }
  };
  await Promise.all(trials.map((trial) => limit(() => run(trial))));
};

const fill = async (scene: Scene, options: Options): Promise<Row[]> => {
  const random = randomFrom(options.seed);
  const limit = pLimit(options.jobs);
  const rows: Row[] = [];
  for (const command of options.commands) {
    const lengthMs = (await measure(scene, command)) + afterReadyMs[command];
    console.log(`${command} is killed in its first ${Math.round(lengthMs)} ms.`);
    for (const way of options.ways) {
      const row: Row = { command, way, trials: 0, left: [] };
      rows.push(row);
      await runRow(scene, row, trialsOf(row, lengthMs, random, options.moments), limit);
      console.log(`${command}, ${way}: ${row.trials} trials, ${row.left.length} left`);
    }
  }
  return rows;
};

const print = (rows: Row[]): void => {
  console.log(`\n| command | way | trials | left |\n|---|---|---|---|`);
  for (const { command, way, trials, left } of rows)
    console.log(`| ${command} | ${way} | ${trials} | ${left.length === 0 ? 'nothing' : left.length} |`);
};

const options = readOptions();
console.log(`Seed ${options.seed}`);
const scene = await makeScene();
try {
  const rows = await fill(scene, options);
  print(rows);
  process.exitCode = rows.some(({ left }) => left.length > 0) ? 1 : 0;
} finally {
  await scene.close();
}
