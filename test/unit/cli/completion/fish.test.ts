import { expect, test } from '@jest/globals';
import { fish } from '../../../../cli/completion/fish.ts';

test('the script for fish escapes backslashes and quotes in a description', () => {
  const command = { usage: '', maxArguments: 0, options: {}, examples: [], run: async () => 0 as const };
  const script = fish({ try: { ...command, summary: "it's a \\' and a \\\\" } });
  expect(script).toContain(String.raw`-a try -d 'it\'s a \\\' and a \\\\'`);
});
