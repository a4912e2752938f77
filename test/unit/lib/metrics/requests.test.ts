import { expect, test } from '@jest/globals';
import { RequestMetrics } from '../../../../lib/metrics/requests.ts';

const header = '<190>Nov 28 05:00:00 nginx: ';

test('a request is counted by operation, method and code, with its duration and sizes', async () => {
  const metrics = new RequestMetrics();
  metrics.record(`${header}list\tGET\t200\t0.030\t300\t5000`);
  metrics.record(`${header}list\tGET\t200\t2.000\t300\t200`);
  const text = await metrics.text();
  expect(text).toContain('builds_api_requests_total{operation="list",method="GET",code="200"} 2\n');
  const labels = 'operation="list",method="GET",code="200"';
  expect(text).toContain(`builds_api_request_duration_seconds_bucket{le="0.05",${labels}} 1\n`);
  expect(text).toContain(`builds_api_request_duration_seconds_sum{${labels}} 2.03\n`);
  expect(text).toContain(`builds_api_request_size_bytes_sum{${labels}} 600\n`);
  expect(text).toContain(`builds_api_response_size_bytes_bucket{le="1024",${labels}} 1\n`);
});

test('a method that a client made up makes no label of its own', async () => {
  const metrics = new RequestMetrics();
  for (const method of ['FOO', 'BAR', '__proto__']) metrics.record(`${header}\t${method}\t404\t0\t1\t1`);
  expect(await metrics.text()).toContain('builds_api_requests_total{operation="",method="other",code="404"} 3\n');
});

test.each([
  '',
  'list',
  `${header}`,
  `${header}list\tGET\t200\t0.1\t300`,
  `${header}list\tGET\t200\t0.1\t300\t5\t6`,
  `${header}list\tGET\t200\t-1\t300\t5`,
  `${header}list\tGET\tabc\t0.1\t300\t5`,
  `${header}li"st\tGET\t200\t0.1\t300\t5`,
  `${header}list\tGET\t200\tNaN\t300\t5`,
])('the text %j is ignored', async (message) => {
  const metrics = new RequestMetrics();
  metrics.record(message);
  expect(await metrics.text()).not.toMatch(/^builds_api_requests_total\{/m);
});
