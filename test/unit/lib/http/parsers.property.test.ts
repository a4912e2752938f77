import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../../lib/errors.ts';
import { match } from '../../../../lib/http/routing.ts';
import { parseBuildParameters } from '../../../../lib/http/validate.ts';

const refusedOr = (act: () => unknown, statuses: number[]): unknown => {
  try {
    return act();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect(statuses).toContain((error as ApiError).status);
    expect((error as ApiError).message.length).toBeLessThan(600);
    return undefined;
  }
};

test('any bytes as a body are parameters or a 400', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 500 }),
      (bytes) => void refusedOr(() => parseBuildParameters(Buffer.from(bytes)), [400]),
    ),
  );
});

test('any JSON as a body is parameters or a 400', () => {
  fc.assert(fc.property(fc.json(), (json) => void refusedOr(() => parseBuildParameters(Buffer.from(json)), [400])));
});

const almost = fc.record(
  {
    source_url: fc.oneof(fc.webUrl(), fc.string(), fc.anything()),
    ref: fc.oneof(fc.string(), fc.anything()),
    envvars: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.anything()),
    image_name: fc.oneof(fc.string(), fc.anything()),
    use_latest_versions: fc.oneof(fc.boolean(), fc.anything()),
  },
  { requiredKeys: ['source_url'] },
);

test('what is taken has the documented types and bounds', () => {
  fc.assert(
    fc.property(almost, (value) => {
      const json = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item));
      const taken = refusedOr(() => parseBuildParameters(Buffer.from(json)), [400]) as
        | ReturnType<typeof parseBuildParameters>
        | undefined;
      if (!taken) return;
      expect(typeof taken.source_url).toBe('string');
      for (const [name, text] of Object.entries(taken.envvars ?? {}))
        expect([typeof text, /^[A-Za-z_][A-Za-z_0-9]{2,}$/.test(name)]).toEqual(['string', true]);
      expect(taken.image_name ?? '').not.toMatch(/[/:@]|\.\./);
    }),
    { numRuns: 500 },
  );
});

test('any path is one operation or a refusal', () => {
  const segment = fc.oneof(
    fc.constantFrom('v1', 'tool', 'builds', 'latest', 'logs', 'cancel', '', '..', '%2F', '%', '%00'),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'BREW'),
      fc.array(segment, { maxLength: 7 }),
      (method, segments) => {
        refusedOr(() => match(method, `/${segments.join('/')}`), [400, 404, 405]);
      },
    ),
    { numRuns: 500 },
  );
});

test('a segment comes back as it was encoded', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (tool, id) => {
        fc.pre(id !== 'latest' && ![tool, id].some((text) => /[\ud800-\udfff]/.test(text) && !text.isWellFormed()));
        const { params } = match('GET', `/v1/tool/${encodeURIComponent(tool)}/builds/${encodeURIComponent(id)}`);
        expect(params).toEqual({ toolname: tool, id });
      },
    ),
  );
});
