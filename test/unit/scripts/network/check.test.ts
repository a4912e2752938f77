import { expect, test } from '@jest/globals';
import { settingsOf } from '../../../../scripts/network/check.ts';

test('settingsOf takes a variable that Kubernetes shows without a value for an empty one', () => {
  const env = [
    { name: 'REGISTRY_USER' },
    { name: 'S3_BUCKET', value: 'build-logs' },
    { name: 'AUTH_ISSUERS', value: '[{"pattern":"^a$$"}]' },
  ];
  expect(settingsOf(env)).toEqual({
    REGISTRY_USER: '',
    S3_BUCKET: 'build-logs',
    AUTH_ISSUERS: '[{"pattern":"^a$"}]',
  });
});
