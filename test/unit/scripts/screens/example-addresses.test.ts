import { expect, test } from '@jest/globals';
import { withoutAddresses } from '../../../../scripts/screens/example-addresses.ts';

test.each([
  ['http://127.0.0.1:45871/web.git', 'https://gitserver.test/web.git'],
  ['…127.0.0.1:45871/web.git', '…/gitserver.test/web.git'],
  ['….1:45871/web.git', '…ver.test/web.git'],
  ['127.0.0.1:45871/tool-demo/demo:latest', 'registry-1.test/tool-demo/demo:latest'],
])('the address in %j is replaced by an example of the same length', (text, expected) => {
  expect(withoutAddresses(text)).toBe(expected);
  expect(expected).toHaveLength(text.length);
});
