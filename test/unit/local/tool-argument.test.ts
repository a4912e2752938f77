import { expect, test } from '@jest/globals';
import { toolFrom } from '../../../local/tool-argument.ts';

test.each(['a', 'my-tool', 'a_1', 'a'.repeat(256)])('the argument %j names a tool', (tool) => {
  expect(toolFrom([tool], 'usage')).toBe(tool);
});

test.each([[[]], [['']], [['a', 'b']]])('the arguments %j get the usage', (words) => {
  expect(() => toolFrom(words, 'Usage: command TOOL')).toThrow('Usage: command TOOL');
});

test.each(['Tool', '../a', '$(id)', 'a\n', '-a', 'a-', 'ä', 'a'.repeat(257)])(
  'the argument %j is refused with a sentence that says which names there are',
  (tool) => {
    expect(() => toolFrom([tool], 'Usage.')).toThrow(
      "can't name a tool: use a small letter, then small letters, digits",
    );
  },
);
