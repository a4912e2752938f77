import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../../lib/errors.ts';
import { defaultImageName, projectName, pushedImage, repositoryName } from '../../../../lib/registry/names.ts';
import { similarTools, toolName } from '../../../support/tool-names.ts';

const harborPattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

describe('projectName', () => {
  test.each([
    ['a', 'tool-a'],
    ['my-tool_2', 'tool-my-tool_2'],
    ['a-_b', 'tool-a-char.sep_b'],
    ['a_-b', 'tool-a_char.sep-b'],
    ['a--b', 'tool-a-char.sep-b'],
    ['a-_-b', 'tool-a-char.sep_char.sep-b'],
    ['a-x-b', 'tool-a-x-b'],
    ['a-char-sep-b', 'tool-a-char-sep-b'],
    ['a'.repeat(121), `tool-${'a'.repeat(121)}`],
  ])('the project of tool %s is %s', (tool, project) => {
    expect(projectName(tool)).toBe(project);
  });

  test('Harbor accepts the project name and the repository name of any tool', () => {
    fc.assert(
      fc.property(fc.oneof(toolName, fc.constant(`a${'-_'.repeat(120)}b`)), (tool) => {
        expect(projectName(tool)).toMatch(harborPattern);
        for (const image of [defaultImageName(tool), 'i'.repeat(128)])
          expect(repositoryName(projectName(tool), image)).toBe(`${projectName(tool)}/${image}`);
      }),
    );
  });

  test('no tool shares the project of another tool, and so its images', () => {
    fc.assert(
      fc.property(similarTools([projectName]), ([tool, other]) => {
        expect(projectName(tool)).not.toBe(projectName(other));
      }),
      { numRuns: 2000 },
    );
  });

  test('no tool can spell the shortened project of another tool', () => {
    const project = projectName('a'.repeat(256));
    expect(project).toMatch(/^tool-a{88}\.[0-9a-f]{32}$/);
    for (const dot of ['', '-', '_', '--'])
      expect(projectName(project.slice('tool-'.length).replace('.', dot))).not.toBe(project);
  });

  test('the projects of two long tool names differ where the names differ after the cut', () => {
    const long = 'a'.repeat(255);
    expect(projectName(`${long}b`)).not.toBe(projectName(`${long}c`));
  });
});

describe('repositoryName', () => {
  test.each(['app', 'tool-a', 'a.b', 'a__b', 'a---b', '0'])('repositoryName accepts the image name %s', (image) => {
    expect(repositoryName('tool-a', image)).toBe(`tool-a/${image}`);
  });

  test.each(['', '../other/x:evil', 'a/b', 'A', 'a:b', '-a', 'a-', 'a..b', 'a b', 'ä', 'a'.repeat(250), 'a\n'])(
    'repositoryName refuses the image name %j',
    (image) => {
      expect(() => repositoryName('tool-a', image)).toThrow(
        expect.objectContaining({ status: 400, code: 'parameter_invalid' }),
      );
      expect(() => repositoryName('tool-a', image)).toThrow(ApiError);
    },
  );
});

describe('pushedImage', () => {
  test.each([
    ['my-tool', 'app', 'registry.example:5000/tool-my-tool/app:latest'],
    ['a-_b', 'a__b', 'registry.example:5000/tool-a-char.sep_b/a__b:latest'],
  ])('the image of tool %s with the name %s is %s', (tool, name, image) => {
    expect(pushedImage('registry.example:5000', tool, name)).toBe(image);
  });

  test('pushedImage refuses a name that would lead out of the project', () => {
    expect(() => pushedImage('registry.example', 'a', '../other/x:evil')).toThrow(ApiError);
  });
});
