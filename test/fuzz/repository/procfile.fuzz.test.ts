import { expect } from '@jest/globals';
import fc from 'fast-check';
import { readProcfile } from '../../support/buildpacks.ts';
import { fuzz } from '../fuzz.ts';
import { mutated } from '../mutated.ts';

const lines = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom('web', 'worker', '#', '.', '..', '-', ''), fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/)),
      fc.constantFrom(':', ': ', ' : ', '', '='),
      fc.string({ unit: 'binary', maxLength: 30 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => Buffer.from(parts.map((part) => part.join('')).join('\n')));

const samples = [
  'web: a \\\n  b\n# c \\\nx: d\\\\\n',
  'web: node server.js\nworker: python3 w.py\n',
  '\ufeffweb: a\r\n# comment\r\n\r\nx.y-z: "b" \\ c\r\n',
];

/** Returns the lines of a Procfile, with those joined that end in an odd number of backslashes. */
const joinedLines = (procfile: string): string[] => {
  const joined: string[] = [];
  let held = '';
  for (const line of procfile.replaceAll('\r\n', '\n').replace(/\r$/, '').split('\n')) {
    const whole = held + line;
    const isContinued = !/^[ \t]*#/.test(whole) && /(?<!\\)(\\\\)*\\$/.test(whole);
    held = isContinued ? whole.slice(0, -1) : '';
    if (!isContinued) joined.push(whole);
  }
  return held === '' ? joined : [...joined, held];
};

const isWritten = (line: string): boolean => !/^[ \t]*(#|\r?$)/.test(line.replace(/^\ufeff/, ''));

fuzz(
  'every Procfile gives processes with commands from it, or a sentence that says what is wrong',
  fc.oneof(mutated(...samples), lines),
  (procfile) => {
    const processes = readProcfile(procfile);
    if (typeof processes === 'string') {
      expect(processes).toMatch(/^ERROR: .*Procfile.*\nERROR: /m);
      return;
    }
    const lines = joinedLines(procfile.toString());
    expect(processes.length).toBeGreaterThan(0);
    for (const { type, command } of processes) {
      expect(type).toMatch(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/);
      expect(command).toEqual(['bash', '-c', expect.stringMatching(/./), type]);
      const written = (command[2] ?? '').replace(/ "\$@"$/, '');
      expect(lines.some((line) => line.includes(written))).toBe(true);
    }
    expect(processes).toHaveLength(lines.filter(isWritten).length);
  },
);
