import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = join(import.meta.dirname, '../../../scripts/build-builder.ts');

let folder: string;

const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

/**
 * A program in the place of docker. It knows two images: the builder, whose files are in the folder facts, and what it
 * builds from the builder, with one layer more for each COPY. What it builds is another image after the first time, if there
 * is a file later.json. It keeps the last Containerfile and all command lines.
 */
const docker = `#!/bin/sh
echo "$@" >>"$RECORDS/commands"
case $1 in
  pull) [ "$2" = builder ] || { echo "$2: not found" >&2; exit 1; } ;;
  image)
    if [ "$3" = builder ]; then cat "$RECORDS/builder.json"; exit; fi
    cat "$RECORDS/built.json"
    if [ -e "$RECORDS/later.json" ]; then mv "$RECORDS/later.json" "$RECORDS/built.json"; fi ;;
  inspect) echo x@sha256:0 ;;
  build)
    file=''
    for word; do
      case $word in --output=*) cp -r "$RECORDS/facts/." "\${word##*dest=}"; exit ;; esac
      [ "$previous" != --file ] || file=$word
      previous=$word
    done
    cp "$file" "$RECORDS/Containerfile"
    cp -r "$(dirname "$file")/cnb" "$(dirname "$file")/buildpacks" "$RECORDS/" ;;
esac
`;

const imageWith = (labels: Record<string, string>, layers: string[]): string =>
  JSON.stringify([{ Config: { Labels: labels }, RootFS: { Layers: layers } }]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-builder-'));
  write('bin/docker', docker);
  chmodSync(join(folder, 'bin/docker'), 0o755);
  write('facts/order.toml', '[[order]]\n[[order.group]]\nid = "x/go"\nversion = "1"\n');
  write('facts/lifecycle.toml', '[apis.buildpack]\nsupported = ["0.10"]\n');
  write('facts/buildpacks/1.toml', 'api = "0.10"\n[buildpack]\nid = "x/go"\nversion = "1"\n');
  for (const name of ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-query', 'awk']) write(`facts/programs/${name}`, '');
  const labels = { 'io.buildpacks.buildpack.layers': '{}', 'io.buildpacks.buildpack.order': '[]', other: 'x' };
  write('builder.json', imageWith(labels, ['sha256:base']));
  write('built.json', imageWith(labels, ['sha256:base', 'sha256:files', 'sha256:apt', 'sha256:procfile']));
});
afterEach(() => rmSync(folder, { recursive: true }));

const recordOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Runs the script with some options. */
const make = (...options: string[]) => {
  const words = ['--tool', 'docker', '--registry', 'registry.example.org', ...options];
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, RECORDS: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
};

test('an extended builder has the added buildpacks in layers of their own, which its labels name', () => {
  const made = make('--from', 'builder');
  expect(made).toEqual({
    status: 0,
    stdout: 'builder=registry.example.org/builder:latest@sha256:0\n',
    stderr: 'builder has no buildpack for Node.js, so its other languages get none.\n',
  });
  expect(recordOf('Containerfile').split('\n')).toEqual([
    'ARG FROM_IMAGE',
    'FROM $FROM_IMAGE',
    'COPY cnb/ /cnb/',
    'COPY buildpacks/fagiani_apt/ /cnb/buildpacks/fagiani_apt/',
    'COPY buildpacks/toolforge_procfile/ /cnb/buildpacks/toolforge_procfile/',
    '',
  ]);
  expect(recordOf('cnb/order.toml')).toContain('id = "fagiani/apt"');
  expect(existsSync(join(folder, 'cnb/run-image-packages'))).toBe(false);
  const last =
    recordOf('commands')
      .split('\n')
      .filter((line) => line.startsWith('build '))
      .at(-1) ?? '';
  const layers = JSON.parse(/--label=io\.buildpacks\.buildpack\.layers=(\{.*?\}) --/.exec(last)?.[1] ?? '');
  expect(layers['fagiani/apt']['1.0.0'].layerDiffID).toBe('sha256:apt');
  expect(layers['toolforge/procfile']['0.1.0'].layerDiffID).toBe('sha256:procfile');
  expect(last).not.toContain('--label=other=');
});

test('an extended builder has the list of packages of its run image', () => {
  write('facts/run-image-packages', 'Package: bash\n');
  expect(make('--from', 'builder', '--run-image', 'builder').status).toBe(0);
  expect(recordOf('cnb/run-image-packages')).toBe('Package: bash\n');
});

test.each([
  [['--from', 'missing'], 'The image missing can not be pulled; docker says above why.'],
  [
    ['--from', 'builder', '--run-image', 'builder'],
    'builder has no /var/lib/dpkg/status. Name a run image that is based',
  ],
  [['--from', 'builder', '--lifecycle', 'x'], '--from and --lifecycle exclude each other.'],
  [['--lifecycle', 'x', '--run-image', 'builder'], '--run-image needs --from IMAGE.'],
  [[], 'Set --lifecycle FOLDER or --from IMAGE.'],
])('images:builder with the options %j fails with a sentence, and pushes nothing', (options, sentence) => {
  expect(make(...options)).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining(sentence) });
  if (existsSync(join(folder, 'commands'))) expect(recordOf('commands')).not.toMatch(/^push/m);
});

test('a second build with other layers than the labels name is not pushed', () => {
  write('later.json', imageWith({}, ['sha256:base', 'sha256:files', 'sha256:apt', 'sha256:another']));
  expect(make('--from', 'builder')).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('Two builds of the same files have different layers'),
  });
  expect(recordOf('commands')).not.toMatch(/^push/m);
});

test('a builder whose files can not be copied is named, and nothing is pushed', () => {
  rmSync(join(folder, 'facts'), { recursive: true });
  expect(make('--from', 'builder')).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('The files of builder can not be copied; docker says above why. Name an image'),
  });
  expect(recordOf('commands')).not.toMatch(/^push/m);
});

test('a label of a builder that is no JSON is named, and nothing is pushed', () => {
  write('builder.json', imageWith({ 'io.buildpacks.buildpack.layers': 'x' }, ['sha256:base']));
  expect(make('--from', 'builder')).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('The label io.buildpacks.buildpack.layers of the image is not a list or an object'),
  });
  expect(recordOf('commands')).not.toMatch(/^push/m);
});
