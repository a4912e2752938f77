import { describe, expect, test } from '@jest/globals';
import { isInvalidObject, isPolicyFailure, KubeError } from '../../../../lib/kube/kube-error.ts';
import {
  invalidRuns,
  policyFailures,
  type RecordedRefusal,
  temporaryRefusals,
} from '../../../support/kubernetes/refusals.ts';

const errorOf = ({ code, reason = '', message, details }: RecordedRefusal) =>
  new KubeError(code, reason, message, details?.causes);

const cases = (refusals: readonly RecordedRefusal[]) =>
  refusals.map((refusal) => [refusal.code, refusal.message, errorOf(refusal)] as const);

describe.each(cases(policyFailures))('the refusal %d “%s”', (_, __, error) => {
  test('is a failure of a policy, and says nothing about the object', () => {
    expect(isPolicyFailure(error)).toBe(true);
    expect(isInvalidObject(error)).toBe(false);
  });
});

describe.each(cases(temporaryRefusals))('the refusal %d “%s”', (_, __, error) => {
  test('is no failure of a policy, but the object may be accepted later', () => {
    expect(isPolicyFailure(error)).toBe(false);
    expect(isInvalidObject(error)).toBe(false);
  });
});

describe.each(cases(invalidRuns))('the refusal %d “%s”', (_, __, error) => {
  test('says that the object can never be accepted', () => {
    expect(isPolicyFailure(error)).toBe(false);
    expect(isInvalidObject(error)).toBe(true);
  });
});

test('an error that is no refusal says nothing about an object', () => {
  expect(isInvalidObject(new Error('422'))).toBe(false);
});
