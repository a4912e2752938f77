import { expect, test } from '@jest/globals';
import { parseBuildRequest } from '../../../../lib/builds/parse-parameters.ts';

const url = 'https://example.org/x.git';
const parse = (json: string) => parseBuildRequest(Buffer.from(json)).parameters;
const ignoredIn = (body: object | string) =>
  parseBuildRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))).ignored;
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const refusal = (code: string, sentence = /./) =>
  expect.objectContaining({ status: 400, code, message: expect.stringMatching(sentence) });

test('parseBuildRequest takes a body with every field, and one with source_url alone', () => {
  expect(parse(JSON.stringify({ source_url: url }))).toEqual({ source_url: url });
  const all = {
    source_url: url,
    ref: 'main',
    envvars: { ABC: 'ü' },
    image_name: 'a.b_c-d',
    use_latest_versions: true,
    use_deprecated_versions: false,
  };
  expect(parse(JSON.stringify(all))).toEqual(all);
});

test('parseBuildRequest takes variables with any number of brackets', () => {
  const envvars = { ABC: '[{'.repeat(2000), DEF: `"\\${']'.repeat(2000)}` };
  expect(parse(JSON.stringify({ source_url: url, envvars }))).toEqual({ source_url: url, envvars });
});

test.each([
  ['an empty body', '', /empty/],
  ['a string without an end', `{"source_url":"${'\\"'.repeat(30_000)}`, /not valid JSON/],
  ['a blank body', ' \n', /empty/],
  ['a body that is not JSON', '{', /not valid JSON/],
  ['a string', '"x"', /must be object/],
  ['null', 'null', /must be object/],
  ['a list', '[]', /must be object/],
  ['a body without source_url', '{}', /source_url is missing/],
  ['a number as source_url', '{"source_url":1}', /source_url must be string/],
  ['null as source_url', '{"source_url":null}', /source_url is missing/],
  ['null as the value of a variable', '{"source_url":"x","envvars":{"ABC":null}}', /envvars.ABC must be string/],
  ['source_url with a wrong spelling', '{"sourceurl":"x"}', /source_url is missing/],
  [
    'objects nested 101 deep beside a string that closes brackets',
    `{"x":"${']}'.repeat(200)}\\"","y":${nested(101)}}`,
    /nested too deeply/,
  ],
  ['objects nested 101 deep', nested(101), /nested too deeply/],
  ['objects nested 8,000 deep', nested(8000), /nested too deeply/],
  ['envvars as a list', '{"source_url":"x","envvars":["A=b"]}', /envvars must be object/],
  ['a variable name of two characters', '{"source_url":"x","envvars":{"AB":"c"}}', /envvars.\S+ names begin with/],
  ['a variable name with =', '{"source_url":"x","envvars":{"A=B":"c"}}', /envvars.\S+ names begin with/],
  ['a number as the value of a variable', '{"source_url":"x","envvars":{"ABC":1}}', /envvars.ABC must be string/],
  ['NUL in the value of a variable', '{"source_url":"x","envvars":{"ABC":"a\\u0000b"}}', /NUL/],
  ['an image name with .. and a tag', '{"source_url":"x","image_name":"../other/x:evil"}', /image_name may hold/],
  ['an image name with a slash', '{"source_url":"x","image_name":"a/b"}', /image_name may hold/],
  ['text as a flag', '{"source_url":"x","use_latest_versions":"yes"}', /must be boolean/],
])('parseBuildRequest refuses %s and says what is wrong', (_, body, sentence) => {
  expect(() => parse(body)).toThrow(refusal('body_invalid', sentence));
});

test('parseBuildRequest refuses environment variables of more than 16 KiB together', () => {
  const envvars = { AAA: 'x'.repeat(10_000), BBB: 'x'.repeat(10_000) };
  expect(() => parse(JSON.stringify({ source_url: url, envvars }))).toThrow(refusal('envvars_too_large'));
});

test.each(['ref', 'envvars', 'image_name', 'use_latest_versions', 'use_deprecated_versions', 'later'])(
  'parseBuildRequest takes %s that is null for absent',
  (name) => {
    const body = { source_url: url, [name]: null };
    expect([parse(JSON.stringify(body)), ignoredIn(body)]).toEqual([{ source_url: url }, []]);
  },
);

test.each([
  ['an unknown field', { source_url: url, imagename: 'web' }, ['imagename']],
  ['the field __proto__', `{"source_url":"${url}","__proto__":{"ref":"x"}}`, ['__proto__']],
  ['fields of every object', { source_url: url, constructor: {}, toString: 1 }, ['constructor', 'toString']],
  ['a long name', { source_url: url, ['n'.repeat(100)]: 1 }, ['n'.repeat(80)]],
  [
    'twenty fields',
    { source_url: url, ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`f${at}`, at])) },
    Array.from({ length: 10 }, (_, at) => `f${at}`),
  ],
])('parseBuildRequest ignores %s, and names what it ignores', (_, body, names) => {
  expect(ignoredIn(body)).toEqual(names);
  expect(parse(typeof body === 'string' ? body : JSON.stringify(body))).toEqual({ source_url: url });
});

test.each([
  [{ envvars: { AB: 'secret' } }, { field: 'envvars.AB', problem: expect.stringMatching(/3 to 256 characters/) }],
  [
    { envvars: { ['A'.repeat(300)]: '' } },
    { field: `envvars.${'A'.repeat(80)}`, problem: expect.stringMatching(/^names/) },
  ],
  [{ envvars: { ABC: 1 } }, { field: 'envvars.ABC', problem: 'must be string' }],
  [{ envvars: { ABC: 'a\0secret' } }, { field: 'envvars.ABC', problem: expect.stringMatching(/NUL/) }],
  [{ envvars: { ABC: 'a'.repeat(16_384) } }, { field: 'envvars', problem: expect.stringMatching(/16384 bytes/) }],
  [{ ref: 'a'.repeat(256) }, { field: 'ref', problem: expect.stringMatching(/255 characters/) }],
  [{ image_name: 'A' }, { field: 'image_name', problem: expect.stringMatching(/^may hold/) }],
  [{ source_url: undefined }, { field: 'source_url', problem: 'is missing' }],
])('parseBuildRequest names the wrong field of %j apart from the problem', (body, wrong) => {
  expect(() => parse(JSON.stringify({ source_url: url, ...body }))).toThrow(expect.objectContaining({ wrong }));
  expect(() => parse(JSON.stringify({ source_url: url, ...body }))).not.toThrow(/secret/);
});
