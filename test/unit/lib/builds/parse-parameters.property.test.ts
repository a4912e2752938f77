import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseBuildRequest } from '../../../../lib/builds/parse-parameters.ts';
import { resultOrRefusal } from '../../../support/result-or-refusal.ts';

const parse = (body: Uint8Array | string) => resultOrRefusal(() => parseBuildRequest(Buffer.from(body)), [400]);

test('parseBuildRequest takes any bytes, or refuses them with 400', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => void parse(bytes)));
});

test('parseBuildRequest takes any JSON, or refuses it with 400', () => {
  fc.assert(fc.property(fc.json(), (json) => void parse(json)));
});

const almostValid = fc.record(
  {
    source_url: fc.oneof(fc.webUrl(), fc.string(), fc.anything()),
    ref: fc.oneof(fc.string(), fc.anything()),
    envvars: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.anything()),
    image_name: fc.oneof(fc.string(), fc.anything()),
    use_latest_versions: fc.oneof(fc.boolean(), fc.anything()),
  },
  { requiredKeys: ['source_url'] },
);

test('parameters that parseBuildRequest takes have the documented types and bounds', () => {
  fc.assert(
    fc.property(almostValid, (value) => {
      const parsed = parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item)));
      if (!parsed) return;
      const { parameters } = parsed;
      expect(typeof parameters.source_url).toBe('string');
      for (const [name, text] of Object.entries(parameters.envvars ?? {}))
        expect([typeof text, /^[A-Za-z_][A-Za-z_0-9]{2,}$/.test(name)]).toEqual(['string', true]);
      expect(parameters.image_name ?? '').not.toMatch(/[/:@]|\.\./);
    }),
    { numRuns: 500 },
  );
});
