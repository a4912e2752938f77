import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'smol-toml';
import { readBuildpack, replaceOrder } from '../../../../scripts/builder/buildpacks.ts';
import { planExtension } from '../../../../scripts/builder/extend.ts';
import { parseFacts } from '../../../../scripts/builder/facts.ts';
import { root } from '../../../../scripts/containers.ts';

/** Files as knative/builder/facts.Containerfile copies them from a builder. */
const builder = {
  'order.toml': '[[order]]\n[[order.group]]\nid = "x/go"\nversion = "1"\n',
  'lifecycle.toml': '[apis.buildpack]\nsupported = ["0.9", "0.10"]\n[apis.platform]\nsupported = ["0.12"]\n',
  'buildpacks/1.toml': 'api = "0.10"\n[buildpack]\nid = "x/go"\nversion = "1"\n',
  'programs/apt-get': '',
  'programs/apt-cache': '',
  'programs/dpkg-deb': '',
  'programs/dpkg-query': '',
  'programs/awk': '',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facts-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Plans the extension of a builder with some files changed. A file without content is missing. */
const plan = async (changes: Partial<Record<keyof typeof builder, string | undefined>> = {}, labels = {}) => {
  for (const name of ['buildpacks', 'programs']) await mkdir(join(folder, name));
  for (const [name, text] of Object.entries({ ...builder, ...changes })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    if (text !== undefined) await writeFile(join(folder, name), text);
  }
  const facts = await parseFacts('image', labels, folder);
  const readOwn = (name: string) => readBuildpack(join(root, 'buildpacks', name));
  const [apt, procfile] = await Promise.all([readOwn('apt'), readOwn('procfile')]);
  return planExtension(facts, apt, procfile);
};

test('a builder without a Procfile gets the buildpacks for an Aptfile and for a Procfile', async () => {
  const { order, buildpacks } = await plan();
  expect(buildpacks.map(({ id }) => id)).toEqual(['fagiani/apt', 'toolforge/procfile']);
  expect(order[0]?.group.map(({ id }) => id)).toEqual(['fagiani/apt', 'x/go', 'toolforge/procfile']);
});

test('a builder whose composite buildpack reads a Procfile gets the buildpack for an Aptfile only', async () => {
  const composite = `${builder['buildpacks/1.toml']}[[order]]\n[[order.group]]\nid = "x/procfile"\n`;
  const { order, buildpacks } = await plan({ 'buildpacks/1.toml': composite });
  expect(buildpacks.map(({ id }) => id)).toEqual(['fagiani/apt']);
  expect(order[0]?.group.map(({ id }) => id)).toEqual(['fagiani/apt', 'x/go']);
});

test.each([
  ['without an order', { 'order.toml': undefined }, 'image is no builder: it has no /cnb/order.toml.'],
  [
    'without a lifecycle',
    { 'lifecycle.toml': undefined },
    'image is no builder: it has neither /cnb/lifecycle/lifecycle',
  ],
  ['with an order that is no TOML', { 'order.toml': '[' }, '/cnb/order.toml of image can not be read.'],
  ['with an empty order', { 'order.toml': '' }, 'It has no list "order" of groups.'],
  ['with an order of something else', { 'order.toml': 'order = [{ group = 1 }]' }, 'no list "order"'],
  ['with a lifecycle that is no TOML', { 'lifecycle.toml': '[' }, '/cnb/lifecycle/lifecycle.toml of image can not'],
  ['with a buildpack that is no TOML', { 'buildpacks/1.toml': '[' }, 'A buildpack.toml of image can not be read.'],
  ['without apt', { 'programs/apt-get': undefined }, 'image has no apt-get. Name a builder that is based on Debian'],
  [
    'with an old lifecycle',
    { 'lifecycle.toml': '[apis.buildpack]\nsupported = ["0.7", "0.8"]' },
    'the lifecycle of image supports 0.7, 0.8. Name a builder with lifecycle 0.17 or newer.',
  ],
  ['with a lifecycle that says nothing', { 'lifecycle.toml': '' }, 'the lifecycle of image supports none.'],
])('an image %s is refused with a sentence', async (_, changes, sentence) => {
  await expect(plan(changes)).rejects.toThrow(sentence);
});

test.each([
  ['io.buildpacks.lifecycle.apis', '{"buildpack":{"deprecated":null,"supported":["0.10"]}}'],
  ['io.buildpacks.builder.metadata', '{"lifecycle":{"apis":{"buildpack":{"deprecated":["0.10"],"supported":[]}}}}'],
])('a builder without lifecycle.toml may tell the APIs of its lifecycle in the label %s', async (name, text) => {
  const { buildpacks } = await plan({ 'lifecycle.toml': undefined }, { [name]: text });
  expect(buildpacks).toHaveLength(2);
});

test('the text of an order keeps its image extensions', () => {
  const text = '[[order]]\n[[order.group]]\nid = "a"\n[[order-extensions]]\n[[order-extensions.group]]\nid = "e"\n';
  expect(parse(replaceOrder(text, [{ group: [{ id: 'b', optional: true }] }]))).toEqual({
    order: [{ group: [{ id: 'b', optional: true }] }],
    'order-extensions': [{ group: [{ id: 'e' }] }],
  });
});
