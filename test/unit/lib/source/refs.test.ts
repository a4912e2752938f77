import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../../lib/errors.ts';
import { looksAbbreviated, parseRef } from '../../../../lib/source/refs.ts';
import { similarNames } from '../../../../lib/source/similar-names.ts';

const isValid = (text: string): boolean => {
  try {
    parseRef(text);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect([error.status, error.code]).toEqual([400, 'ref_invalid']);
    return false;
  }
};

describe('parseRef', () => {
  test('parseRef returns the default branch, a commit or the candidates of a name', () => {
    for (const text of [undefined, '', 'HEAD']) expect(parseRef(text)).toEqual({ kind: 'default' });
    for (const hash of ['A'.repeat(40), 'b'.repeat(64)]) {
      expect(parseRef(hash)).toEqual({ kind: 'commit', hash: hash.toLowerCase() });
    }
    expect(parseRef('main')).toEqual({ kind: 'name', candidates: ['refs/heads/main', 'refs/tags/main'] });
    expect(parseRef('refs/pull/1/head')).toMatchObject({ candidates: expect.arrayContaining(['refs/pull/1/head']) });
    expect(parseRef('a'.repeat(39))).toMatchObject({ kind: 'name' });
    expect([looksAbbreviated('abc1234'), looksAbbreviated('main'), looksAbbreviated('a'.repeat(40))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  const cases = [
    'main',
    'a/b',
    'v1.0',
    'a-b',
    'a@b',
    'a.b',
    'ä',
    'a{b',
    'a}b',
    "a'b",
    'a"b',
    'a$b',
    'a;b',
    'a|b',
    'lock',
    'a.lockx',
    '@',
    'a@{b',
    '@{',
    '..',
    'a..b',
    '.a',
    'a/.b',
    'a.',
    'a./b',
    'a.lock',
    'a.lock/b',
    '/a',
    'a/',
    'a//b',
    '/',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a\tb',
    'a\nb',
    'a\u007fb',
    '\u0001',
  ];

  test.each(cases)('parseRef accepts %j exactly where git does', (text) => {
    const { status } = spawnSync('git', ['check-ref-format', `refs/heads/${text}`]);
    // parseRef refuses @, which git accepts as the name of a branch, because @ alone means HEAD.
    expect(isValid(text)).toBe(status === 0 && text !== '@');
  });

  test.each([
    '--upload-pack=x',
    '-',
    'a'.repeat(256),
    'ä'.repeat(128),
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    'a\ud800b',
    'ma\u200bin',
    '\ufeffmain',
    'main\u00a0',
  ])('parseRef refuses %j', (text) => {
    expect(isValid(text)).toBe(false);
  });

  test('parseRef accepts no text that git refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (isValid(text)) expect(text).not.toMatch(/^-|\.\.|[ \t\r\n~^:?*[\\]|@\{|\.lock$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('similarNames', () => {
  test('similarNames returns at most five names, the likeliest first', () => {
    expect(similarNames('mian', ['develop', 'main'])).toEqual(['main']);
    expect(similarNames('Main', ['main-2', 'main'])).toEqual(['main', 'main-2']);
    expect(similarNames('zzz', ['develop', 'main'])).toEqual([]);
    expect(similarNames('v1', ['v2', 'v3', 'v4', 'v5', 'v6', 'v7'])).toHaveLength(5);
  });

  test('similarNames finds a name of which one letter is missing', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{2,20}$/), fc.nat(), (name, at) => {
        const place = at % name.length;
        expect(similarNames(name.slice(0, place) + name.slice(place + 1), [name])).toEqual([name]);
      }),
    );
  });
});
