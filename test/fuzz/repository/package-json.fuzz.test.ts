import { expect } from '@jest/globals';
import fc from 'fast-check';
import { askPackage, chosenManager, nodeProcesses } from '../../support/buildpacks.ts';
import { fuzz } from '../fuzz.ts';
import { mutated } from '../mutated.ts';

const manifests = mutated(
  JSON.stringify({
    scripts: { start: 'node server.js --port=1', build: 'x' },
    main: 'a.js',
    packageManager: 'pnpm@9.1.0+sha1.00',
  }),
  JSON.stringify({ main: './lib/index', scripts: null, engines: { node: '>=18', pnpm: '^9' }, workspaces: 'x' }),
  '\ufeff{"scripts":{"__proto__":{"start":"node x"},"start":7},"main":["a"]}',
);

/** Names of files that a repository may hold and that package.json may name as `main`. */
const mainFile = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((name) => !/[/\0]/.test(name) && !['.', '..', 'package.json'].includes(name));

fuzz('every package.json is understood, or refused with a sentence', manifests, (manifest) => {
  const files = { 'package.json': manifest };
  const answers = askPackage(files);
  for (const { question, status, errors } of answers) {
    expect([0, 1]).toContain(status);
    if (question === 'check' || question === 'describe') expect(status === 0).toBe(errors === '');
    expect(errors).toMatch(status === 0 ? /^$/ : /^(ERROR: package\.json can't be read: .*\nERROR: .*\n)?$/s);
  }
  const { chosen } = chosenManager(files);
  expect(chosen).toMatch(answers[0]?.status === 0 ? /^(npm|yarn|pnpm) \S+ \S+$/ : /^$/);
  if (answers.every(({ errors }) => errors === '')) nodeProcesses(files);
});

fuzz('a file that package.json names as main is the file that the process starts', mainFile, (main) => {
  const [found, ...others] = nodeProcesses({ 'package.json': JSON.stringify({ main }), [main]: '' });
  expect(found?.command).toEqual(['node', main.startsWith('-') ? `./${main}` : main]);
  expect(others).toEqual([]);
});
