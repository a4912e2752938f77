import { expect, test } from '@jest/globals';
import { askPackage, nodeProcesses } from '../../support/buildpacks.ts';

test.each(['app.cjs', '-e', 'a\u007fb', '"\\', 'ä\u2028', 'a b'])(
  'the process of package.json with main %j starts that file',
  (main) => {
    const processes = nodeProcesses({ 'package.json': JSON.stringify({ main }), [main]: '' });
    const file = main.startsWith('-') ? `./${main}` : main;
    expect(processes).toEqual([{ type: 'web', command: ['node', file], default: true }]);
  },
);

test.each(['../outside.js', '/etc/hostname', 'a/../../b', 'missing.js', '', 7, ['a'], null])(
  'main %j of package.json gives no process',
  (main) => {
    expect(nodeProcesses({ 'package.json': JSON.stringify({ main }) })).toEqual([]);
  },
);

test.each(['', '[]', 'null', '7', '{', '{"scripts":{}', '\0'])(
  'the package.json %j is refused with a sentence',
  (text) => {
    for (const { status, errors } of askPackage({ 'package.json': text })) {
      expect(status).toBe(1);
      expect(errors).toMatch(/^ERROR: package\.json can't be read: /);
    }
  },
);
