import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchRoute } from '../../../../lib/http/routing.ts';
import { resultOrRefusal } from '../../../support/result-or-refusal.ts';

test('matchRoute finds one operation for any path, or refuses it with 400, 404 or 405', () => {
  const segment = fc.oneof(
    fc.constantFrom('v1', 'tool', 'builds', 'latest', 'logs', 'cancel', '', '..', '%2F', '%', '%00'),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'BREW'),
      fc.array(segment, { maxLength: 7 }),
      (method, segments) => {
        resultOrRefusal(() => matchRoute(method, `/${segments.join('/')}`), [400, 404, 405]);
      },
    ),
    { numRuns: 500 },
  );
});

test('matchRoute decodes every segment to the text that the client encoded', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (tool, id) => {
        fc.pre(id !== 'latest' && ![tool, id].some((text) => /[\ud800-\udfff]/.test(text) && !text.isWellFormed()));
        const { params } = matchRoute('GET', `/v1/tool/${encodeURIComponent(tool)}/builds/${encodeURIComponent(id)}`);
        expect(params).toEqual({ toolname: tool, id });
      },
    ),
  );
});
