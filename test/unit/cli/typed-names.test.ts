import { expect, test } from '@jest/globals';
import { globalOptions } from '../../../cli/command.ts';
import { commands } from '../../../cli/commands.ts';
import { refusalLines } from '../../../cli/typed-names.ts';
import contract from '../../../openapi/generated/openapi.json' with { type: 'json' };
import { useFakeApi } from './fake-api.ts';
import { json } from './support.ts';

const api = useFakeApi();

/** Parameters of the API that the command line sets by itself, never from an option. */
const ownParameters = new Set(['cursor', 'format', 'Last-Event-ID']);

type Operation = { operationId: string; parameters?: Array<{ name: string }> };
const parameters = Object.values(contract.paths)
  .flatMap((item) => Object.values(item) as unknown as Operation[])
  .flatMap(({ parameters = [] }) => parameters.map(({ name }) => name));
const fields = [...new Set([...parameters, ...Object.keys(contract.components.schemas.BuildParameters.properties)])];

const options = new Set(
  [globalOptions, ...Object.values(commands).map((command) => command.options)].flatMap((some) =>
    Object.entries(some).flatMap(([name, { short }]) => [`--${name}`, ...(short ? [`-${short}`] : [])]),
  ),
);

const refused = (field: string) =>
  refusalLines({
    sentences: [`Parameter ${field} must be right.`],
    code: 'parameter_invalid',
    field,
    problem: 'must be right',
  });

test.each(fields.filter((field) => !ownParameters.has(field)))(
  'an error about %s names the option or argument that the user typed',
  (field) => {
    const [, option = ''] = /^(\S+): must be right\.$/.exec(refused(field).join('\n')) ?? [];
    expect(option === 'URL' || option === 'ID' || options.has(option)).toBe(true);
  },
);

test.each(['cursor', 'constructor', '', 'envvar'])(
  'an error about %j, which no option sets, is shown as the API sent it',
  (field) => {
    expect(refused(field)).toEqual([`Parameter ${field} must be right.`]);
  },
);

test.each([
  [
    { field: 'envvars.A', problem: 'names have 3 to 256 characters' },
    'Error: -e A=…: names have 3 to 256 characters.\n',
  ],
  [
    { field: 'from_line', problem: "can't be combined with `follow`" },
    "Error: --from-line: can't be combined with --follow.\n",
  ],
  [{ field: 'grep', problem: 'holds `x`' }, 'Error: --grep: holds `x`.\n'],
  [{ code: 'ref_not_found' }, 'Error: --ref: A sentence of the API.\n'],
  [{ field: 7, problem: {} }, 'Error: A sentence of the API.\n'],
])('the error %j is shown in words of the command line', async (body, shown) => {
  const env = await api.against((_, response) =>
    json(response, 400, { error: ['A sentence of the API.'], code: 'body_invalid', ...body }),
  );
  const { code, stderr } = await api.run(['start', 'https://example.org/x.git', '-e', 'A=secret', '-D'], env);
  expect({ code, stderr }).toEqual({ code: 2, stderr: shown });
});
