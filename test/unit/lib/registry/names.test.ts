import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../../lib/errors.ts';
import { defaultImageName, projectName, repositoryName } from '../../../../lib/registry/names.ts';

const HARBOR = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const TOOL = /^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$/;

describe('a project', () => {
  test.each([
    ['a', 'tool-a'],
    ['my-tool_2', 'tool-my-tool_2'],
    ['a-_b', 'tool-a-x_b'],
    ['a_-b', 'tool-a_x-b'],
    ['a--b', 'tool-a-x-b'],
    ['a-_-b', 'tool-a-x_x-b'],
  ])('of %s is %s', (tool, project) => {
    expect(projectName(tool)).toBe(project);
  });

  test('takes another filler', () => {
    expect(projectName('a-_b', 'q')).toBe('tool-a-q_b');
  });

  test('is a name that Harbor takes, whatever the tool', () => {
    fc.assert(
      fc.property(fc.oneof(fc.stringMatching(TOOL), fc.constant(`a${'-_'.repeat(120)}b`)), (tool) => {
        expect(projectName(tool)).toMatch(HARBOR);
        for (const image of [defaultImageName(tool), 'i'.repeat(128)])
          expect(repositoryName(projectName(tool), image)).toBe(`${projectName(tool)}/${image}`);
      }),
    );
  });

  test('of long names differs where they do', () => {
    const long = 'a'.repeat(255);
    expect(projectName(`${long}b`)).not.toBe(projectName(`${long}c`));
  });
});

describe('a repository', () => {
  test.each(['app', 'tool-a', 'a.b', 'a__b', 'a---b', '0'])('may be called %s', (image) => {
    expect(repositoryName('tool-a', image)).toBe(`tool-a/${image}`);
  });

  test.each(['', '../other/x:evil', 'a/b', 'A', 'a:b', '-a', 'a-', 'a..b', 'a b', 'ä', 'a'.repeat(250), 'a\n'])(
    'may not be called %j',
    (image) => {
      expect(() => repositoryName('tool-a', image)).toThrow(
        expect.objectContaining({ status: 400, code: 'parameter_invalid' }),
      );
      expect(() => repositoryName('tool-a', image)).toThrow(ApiError);
    },
  );
});
