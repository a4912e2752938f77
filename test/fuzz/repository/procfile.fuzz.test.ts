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

const samples = ['web: node server.js\nworker: python3 w.py\n', '\ufeffweb: a\r\n# comment\r\n\r\nx.y-z: "b" \\ c\r\n'];

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
    const text = procfile.toString();
    expect(processes.length).toBeGreaterThan(0);
    for (const { type, command } of processes) {
      expect(type).toMatch(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/);
      expect(command).toEqual(['bash', '-c', expect.stringMatching(/./)]);
      expect(text).toContain(command[2]);
    }
    expect(processes).toHaveLength(text.split('\n').filter(isWritten).length);
  },
);
