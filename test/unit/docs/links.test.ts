import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const documents = tracked.filter((file) => file.endsWith('.md') && !/^(examples|test\/fixtures)\//.test(file));
const topFolders = [...new Set(tracked.filter((file) => file.includes('/')).map((file) => file.split('/')[0] ?? ''))];

/** Returns a document without its code blocks, because brackets in commands are no links. */
const prose = (document: string): string =>
  readFileSync(join(root, document), 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/^ {4}.*$/gm, '');

const linksIn = (document: string): string[] =>
  [...prose(document).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** Returns the anchors of a document's headings by GitHub's rule: lower case, no punctuation, hyphens for spaces. */
const anchorsOf = (document: string): string[] =>
  [...prose(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/**
 * Returns the paths in backticks that begin with a folder of the repository. Placeholders in capitals and the example
 * `ping` are left out.
 */
const pathsIn = (document: string): string[] =>
  [...prose(document).matchAll(/`([\w.-]+\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => topFolders.includes(path.split('/')[0] ?? '') && !/[A-Z]{4}|\/ping(\/|$)/.test(path));

/** An empty folder that a rename left behind counts as absent, as in a fresh clone. */
const isTracked = (path: string): boolean =>
  tracked.some((file) => file === path || file.startsWith(path.endsWith('/') ? path : `${path}/`));

const made = /^(?:dist|data|knative\/overlays\/test\/site|cli\/dist|e2e-failures)(?:\/|$)/;

test.each(documents)('every link in %s leads to a file and a heading that exist', (document) => {
  const broken = linksIn(document).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? document : join(dirname(document), path);
    if (!existsSync(join(root, target))) return true;
    const isPage = statSync(join(root, target)).isFile() && target.endsWith('.md');
    return anchor !== undefined && isPage && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test.each(documents)('every path of the repository that %s names exists', (document) => {
  expect(pathsIn(document).filter((path) => !made.test(path) && !isTracked(path))).toEqual([]);
});

const decisions = documents.filter((file) => /^docs\/adr\/\d/.test(file));

test.each(decisions)('%s begins with its number, and with a status and a date', (file) => {
  const number = Number(/\/0*(\d+)-/.exec(file)?.[1]);
  const form = new RegExp(
    `^# ${number}\\. .+\n\nStatus: (accepted|superseded by ADR \\d+) · \\d{4}-\\d{2}-\\d{2}[^\n]*\n`,
  );
  expect(readFileSync(join(root, file), 'utf8')).toMatch(form);
});

test('README has at most 100 lines', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(100);
});
