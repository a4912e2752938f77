import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AptRepository } from '../../support/apt-repository.ts';

let repository: AptRepository;
/** A package source from which nothing is installed. */
let unused: AptRepository;

const tool = (text: string) => ({ 'usr/bin/unit-tool': `#!/bin/sh\necho ${text}\n` });

beforeAll(() => {
  repository = new AptRepository();
  repository.add('unit-tool', '1.0', { fields: 'Depends: unit-library\n', files: tool('one') });
  repository.add('unit-library', '2.0', {
    files: {
      'usr/lib/unit/libunit.so.1': '',
      'usr/lib/pkgconfig/unit.pc': 'prefix=/usr\nlibdir=/usr/lib\n',
      'usr/include/unit.h': '',
      'usr/share/perl5/Unit/Library.pm': 'package Unit::Library; 1;',
      'usr/lib/any/perl5/5.36/Unit/Other.pm': 'package Unit::Other; 1;',
    },
    scripts: { preinst: '#!/bin/sh\ntouch "$TMPDIR/ran"\n', postinst: '#!/bin/sh\ntouch "$TMPDIR/ran"\n' },
  });
  repository.add('unit-c++', '3~rc1');
  unused = new AptRepository();
  unused.add('unit-tool', '1.0', { files: tool('one') });
});
afterAll(() => {
  repository.remove();
  unused.remove();
});

test('the packages of an Aptfile and what they depend on are in the layer and found by programs, and run nothing', () => {
  const { status, output } = repository.build(
    '\ufeff# a comment\r\n\r\nunit-tool # another\r\n  unit-c++\tunit-tool\r\n',
  );
  expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('unit-library=2.0') });
  const path = repository.read('env/PATH.prepend') ?? '';
  expect(execFileSync('unit-tool', { env: { PATH: `${path}:${process.env.PATH}` }, encoding: 'utf8' })).toBe('one\n');
  const { layer } = repository;
  expect(repository.read('env/LD_LIBRARY_PATH.prepend')).toBe(`${layer}/usr/lib:${layer}/usr/lib/unit`);
  expect(repository.read('env/CPATH.prepend')).toBe(`${layer}/usr/include`);
  const perl = ['usr/share/perl5', 'usr/lib/any/perl5/5.36'].map((folder) => `${layer}/${folder}`);
  expect(repository.read('env/PERL5LIB.prepend')).toBe(perl.join(':'));
  expect(repository.read('env/PKG_CONFIG_PATH.prepend')).toBe(`${layer}/usr/lib/pkgconfig`);
  expect(repository.read('env/PATH.delim')).toBe(':');
  expect(repository.read('usr/lib/pkgconfig/unit.pc')).toContain(`prefix=${layer}/usr\n`);
  expect(repository.read('../apt.toml')).toMatch(/^\[types\]\nlaunch = true\nbuild = true\ncache = true\n/);
  expect(existsSync(join(layer, '../../../ran'))).toBe(false);
});

test('a second build keeps the layer, and a newer version in the package source replaces the layer', () => {
  repository.build('unit-tool');
  expect(repository.build('unit-tool').output).toContain('Installed as before: 2 packages');
  repository.add('unit-tool', '1.1', { files: tool('two') });
  expect(repository.build('unit-tool').output).toContain('unit-tool=1.1');
  expect(repository.read('usr/bin/unit-tool')).toContain('two');
  expect(repository.read('usr/lib/unit/libunit.so.1')).toBeUndefined();
});

test('an Aptfile without a name is a note, and installs nothing', () => {
  expect(repository.build('# none\n')).toEqual({ status: 0, output: '-----> The Aptfile names no package\n' });
});

test.each([
  ['an option', '--allow-unauthenticated', 'line 1: "--allow-unauthenticated" is an option.'],
  ['an option of apt after a name', 'unit-tool -oDir::Etc=/tmp', '"-oDir::Etc=/tmp" is an option.'],
  [
    'a URL',
    'unit-tool\nhttps://example.org/a.deb',
    'line 2: "https://example.org/a.deb" asks for a package from elsewhere.',
  ],
  [
    'another package source',
    ':repo:deb http://example.org stable main',
    '":repo:deb" asks for a package from elsewhere.',
  ],
  ['a file', './a.deb', '"./a.deb" asks for a package from elsewhere.'],
  ['a path', '../../etc/passwd', '"../../etc/passwd" is a path.'],
  ['a release', 'unit-tool/stable', '"unit-tool/stable" is a path.'],
  ['a version', 'unit-tool=1.0', '"unit-tool=1.0" asks for a version.'],
  ['a command', '$(touch)', '"$(touch)" is no name'],
  ['a second command', 'unit-tool;id', '"unit-tool;id" is no name'],
  ['quotation marks', '"unit-tool"', 'is no name of a Debian package'],
  ['a pattern of names', 'unit-*', '"unit-*" is no name'],
  ['a search', '?essential', '"?essential" is no name'],
  ['an architecture', 'unit-tool:i386', '"unit-tool:i386" is no name'],
  ['a package to remove', 'unit-tool-', '"unit-tool-" is no name'],
  ['letters of terminals', '\u001b[31mred', '"?[31mred" is no name'],
  ['letters outside of ASCII', 'ünit', 'is no name of a Debian package'],
  ['one letter', 'a', '"a" is no name'],
  ['a name without end', 'a'.repeat(300), `"${'a'.repeat(60)}..." is no name`],
  [
    'more names than any application needs',
    Array.from({ length: 1001 }, (_, i) => `p${i}`).join('\n'),
    'more than 1000',
  ],
  ['too many bytes', '#'.repeat(65_537), 'larger than 65536 bytes'],
  ['UTF-16', Buffer.from('\ufeffunit-tool', 'utf16le'), 'The Aptfile is UTF-16 text'],
  ['NUL bytes', 'unit-tool\0', 'has NUL bytes'],
  [
    'a name that is a pattern for others',
    'unit.tool',
    'names unit.tool, and the package sources of the builder have no such',
  ],
  ['an unknown name', 'unit-tool\nunit-none', 'names unit-none, and the package sources'],
  ['a name with a plus', 'unit-tool+', 'names unit-tool+, and the package sources'],
])('an Aptfile with %s is refused with a sentence, and nothing is installed', (_, aptfile, sentence) => {
  const { status, output } = unused.build(aptfile);
  expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining(sentence) });
  expect(output).toContain('ERROR: ');
  expect(existsSync(unused.layer)).toBe(false);
});

test('a package that needs a missing package is a failure with a sentence', () => {
  unused.add('unit-broken', '1', { fields: 'Depends: unit-missing\n' });
  const { status, output } = unused.build('unit-broken');
  expect({ status, output }).toEqual({
    status: 1,
    output: expect.stringContaining('apt-get can not install what the Aptfile names; apt-get says above why.'),
  });
  expect(output).toContain('Depends: unit-missing but it is not installable');
});

test('a package source that can not be read is a failure with a sentence', () => {
  unused.useSource('/nonexistent');
  expect(unused.build('unit-tool')).toEqual({
    status: 1,
    output: expect.stringContaining('A package source of the builder can not be read; apt-get says above why.'),
  });
});
