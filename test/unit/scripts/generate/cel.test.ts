import { expect, test } from '@jest/globals';
import { cel, expression, hasFields, mayHaveFields, onlyFields } from '../../../../scripts/generate/cel.ts';

test('cel writes texts of a list or a map as JSON', () => {
  expect(cel(['a', 'b'])).toBe('["a","b"]');
  expect(cel({ a: 'b', c: undefined })).toBe('{"a":"b"}');
});

test('cel takes the type from members of different types, and writes an expression as it is', () => {
  const value = { name: expression("params.data['A']"), list: [1, true, 'text'] };
  expect(cel(value)).toBe(`{"name":dyn(params.data['A']),"list":dyn([dyn(1),dyn(true),dyn("text")])}`);
});

test('cel keeps quotes and backslashes of an expression and of a text', () => {
  expect(cel([expression('a.matches("^[0-9]\\\\d$")'), 'say "x\\y"'])).toBe(
    '[dyn(a.matches("^[0-9]\\\\d$")),dyn("say \\"x\\\\y\\"")]',
  );
});

test('onlyFields makes the condition that an object has no other fields', () => {
  expect(onlyFields('object.spec', ['a', 'b'])).toBe('object.spec.all(field, field in ["a","b"])');
});

test('hasFields makes the condition that fields have values, which a missing field does not break', () => {
  expect(hasFields('object.spec', { a: 1, b: { c: 'd' } })).toBe(
    'object.spec[?"a"] == optional.of(1) && object.spec[?"b"] == optional.of({"c":"d"})',
  );
});

test('mayHaveFields makes the condition that each field is absent or has an allowed value', () => {
  expect(mayHaveFields('pod', { dnsPolicy: ['ClusterFirst'], retries: [1, 2] })).toBe(
    '(!has(pod.dnsPolicy) || pod.dnsPolicy in ["ClusterFirst"]) && (!has(pod.retries) || pod.retries in [dyn(1),dyn(2)])',
  );
});
