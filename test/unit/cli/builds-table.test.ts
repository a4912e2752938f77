import { expect, test } from '@jest/globals';
import { buildLines } from '../../../cli/builds-table.ts';
import { cellWidthFor } from '../../../cli/cells.ts';
import { createTerminal } from '../../../cli/terminal.ts';
import type { Build } from '../../../openapi/generated/types.ts';

const now = Date.parse('2026-11-22T08:00:00Z');
const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();

const made = (id: string, fields: Partial<Build> = {}): Build => ({
  build_id: `demo-buildpacks-pipelinerun-${id}`,
  status: 'BUILD_SUCCESS',
  message: '',
  start_time: at(-600),
  end_time: at(-500),
  parameters: { source_url: 'https://example.org/repo.git', ref: 'main' },
  destination_image: 'registry.example.org:5000/tool-demo/demo:latest@sha256:0123',
  resolved_ref: '',
  resolved_commit: 'a'.repeat(40),
  ...fields,
});

const shown = async (builds: Build[], columns: number | undefined): Promise<string[]> =>
  (await buildLines(builds, builds, { ...createTerminal({}), columns }, now)).slice(1);

test('only the newest image of a name has its name, and the others are shown as replaced', async () => {
  const other = { destination_image: 'registry.example.org:5000/tool-demo/web:latest@sha256:4567' };
  const failed = made('0000000001', { status: 'BUILD_FAILURE' });
  const builds = [failed, made('0000000002'), made('0000000003', other), made('0000000004')];
  const images = (await shown(builds, 200)).map((line) => line.split(/ {2,}/)[6]);
  expect(images).toEqual(['-', 'tool-demo/demo:latest', 'tool-demo/web:latest', 'replaced']);
});

test.each([
  ['registry.example.org/tool-demo/demo:latest@sha256:01', 'tool-demo/demo:latest'],
  ['127.0.0.1:8080/tool-demo/demo:latest', 'tool-demo/demo:latest'],
  ['localhost/demo', 'demo'],
  ['tool-demo/demo', 'tool-demo/demo'],
  ['demo:latest', 'demo:latest'],
])('the image %s is shown as %s on a terminal, and whole in a pipe', async (destinationImage, name) => {
  const builds = [made('0000000001', { destination_image: destinationImage })];
  expect((await shown(builds, 200))[0]).toContain(`  ${name}  `);
  expect((await shown(builds, undefined))[0]).toContain(`  ${destinationImage}  `);
});

test('a running build has the time since its start, also when the clock of the machine is behind', async () => {
  const running = { status: 'BUILD_RUNNING', end_time: '' } as const;
  const builds = [
    made('0000000001', { ...running, start_time: at(-65) }),
    made('0000000002', { ...running, start_time: at(3600) }),
    made('0000000003', { ...running, start_time: '' }),
    made('0000000004', { status: 'BUILD_CANCELLED', end_time: '' }),
  ];
  const times = (await shown(builds, 200)).map((line) => line.split(/ {2,}/).slice(2, 4));
  expect(times).toEqual([
    ['1 min', '1 min 5 s'],
    ['0 s', '0 s'],
    ['-', '-'],
    ['10 min', '-'],
  ]);
});

test('a build without a ref has built HEAD, and an old build without parameters has none', async () => {
  const old = made('0000000002');
  // An API of an older version leaves out the parameters.
  Reflect.deleteProperty(old, 'parameters');
  const builds = [made('0000000001', { parameters: { source_url: 'https://example.org/repo.git' } }), old];
  expect((await shown(builds, 200)).map((line) => line.split(/ {2,}/)[4])).toEqual(['HEAD', '-']);
});

test.each([20, 40, 60, 80, 120])('hostile and wide text can not leave its cell on %i columns', async (columns) => {
  const parameters = {
    source_url: 'https://example.org/日本語.git',
    ref: '\u001b[2J\u001b]0;x\u0007\u202e日本語の枝\r\nevil',
  };
  const builds = [
    made('0000000001', { parameters, resolved_commit: '\u001b[1;1H', destination_image: '\u009b2J/日本:latest' }),
    made('0000000002', { queue_position: 10, status: 'BUILD_PENDING' }),
  ];
  const lines = await shown(builds, columns);
  const cells = await cellWidthFor(lines);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(cells(line)).toBeLessThanOrEqual(columns);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['0000000001', '0000000002']);
});
