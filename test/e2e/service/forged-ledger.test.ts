import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BuildLedger, BuildRecord } from '../../../lib/ledger/types.ts';
import { readManifest } from '../pipeline/registry.ts';
import { builds, openService, type Service, type Tool } from './service.ts';

let service: Service;
let tool: Tool;
let victim: Tool;

beforeAll(async () => {
  service = await openService();
  [tool, victim] = [await service.tool(), await service.tool()];
});
afterAll(() => service.close());

/** Builds a page for a tool. @returns the finished build's image, without its digest */
const buildPage = async (owner: Tool): Promise<string> => {
  const url = await service.repository(owner.name, { 'index.html': owner.name });
  const { status, destination_image } = await owner.finished(await owner.start(url));
  expect(status).toBe('BUILD_SUCCESS');
  return destination_image.split('@')[0] ?? '';
};

/** Adds running builds to a tool's ledger, as a function can do that was taken over. */
const addToLedger = async (owner: Tool, make: (built: BuildRecord) => BuildRecord[]): Promise<void> => {
  const ledger = JSON.parse(await service.kubectl(['get', 'buildledger', owner.name, '-o', 'json'])) as BuildLedger;
  const [{ digest: _, finishedAt: __, ...built } = {} as BuildRecord] = ledger.status?.finished ?? [];
  const status = { ...ledger.status, running: make({ ...built, log: 'live' }) };
  const account = `system:serviceaccount:${builds}:delete-build`;
  const words = ['replace', '--subresource', 'status', '--as', account, '-f', '-'];
  await service.kubectl(words, JSON.stringify({ ...ledger, status }));
};

const digestOf = async (image: string): Promise<string> => {
  const [, path = '', tag = ''] = /^[^/]+\/(.+):(.+)$/.exec(image) ?? [];
  return (await readManifest(path, tag)).digest;
};

test('a build that a function has written into a ledger pushes no image of another tool', async () => {
  const [own, foreign] = [await buildPage(tool), await buildPage(victim)];
  const before = await digestOf(foreign);
  const id = (end: string) => `${tool.name}-buildpacks-pipelinerun-${end}`;
  const [byImage, byName] = [id('aaaaaaaaaa'), id('bbbbbbbbbb')];
  await addToLedger(tool, ({ parameters, ...built }) => [
    { ...built, id: byImage, image: foreign, parameters: { ...parameters, image_name: 'forged' } },
    { ...built, id: byName, image: foreign, parameters: { ...parameters, image_name: `../tool-${victim.name}/x` } },
  ]);
  expect(await tool.finished(byName)).toMatchObject({
    status: 'BUILD_FAILURE',
    message: expect.stringContaining('The image name must be'),
  });
  const { status, destination_image } = await tool.finished(byImage);
  expect(status).toBe('BUILD_SUCCESS');
  // The registry has the forged build's image in the project of the forged build's own tool.
  expect(destination_image).toContain(await digestOf(own.replace(/[^/]+$/, 'forged:latest')));
  expect(await digestOf(foreign)).toBe(before);
});
