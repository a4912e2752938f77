import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { emptyCapacity } from '../../../lib/capacity/state.ts';
import { metricsOf } from '../../../lib/metrics/metrics.ts';
import { RequestMetrics } from '../../../lib/metrics/requests.ts';
import { emptyTotals } from '../../../lib/metrics/totals.ts';

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'knative/monitoring');
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

type Rules = { groups: { rules: { alert: string; expr: string; annotations: { runbook: string } }[] }[] };
type Dashboard = { panels: { targets: { expr: string }[] }[] };

const rules = (load(await read('alerts.yaml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(await read('dashboard.json')) as Dashboard;

/** Returns the names of the metrics that the service itself shows. */
const ownMetrics = async (): Promise<Set<string>> => {
  const capacity = { ...emptyCapacity, counts: { mended: { x: 1 }, deadLetters: 1 } };
  const input = { totals: emptyTotals(), statuses: new Map(), capacity, slots: 1 };
  const requests = await new RequestMetrics().text();
  const names = [...requests.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  return new Set([...metricsOf(input, true).map(({ name }) => name), ...names]);
};

test('every alert has a section of its own in the runbook, and every section an alert', async () => {
  const page = await readFile(join(root, 'docs/alerts.md'), 'utf8');
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(rules.map(({ alert }) => alert));
  for (const { alert, annotations } of rules) expect(annotations.runbook).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
});

test('alerts and dashboard use only metrics that the service or Tekton shows', async () => {
  const own = await ownMetrics();
  const expressions = [
    ...rules.map(({ expr }) => expr),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  const used = expressions.flatMap((expr) => expr.match(/\b(?:builds_api|toolforge_builds)\w*/g) ?? []);
  expect(used.length).toBeGreaterThan(10);
  const unknown = used.map((name) => name.replace(/_bucket$/, '')).filter((name) => !own.has(name));
  expect(unknown).toEqual([]);
});

/** Prometheus' promtool. The test of the alert rules is skipped without it. */
const promtool = process.env.PROMTOOL;
const testPromtool = promtool ? test : test.skip;

testPromtool('the alert rules are silent while all is well, and alert each fault', async () => {
  const { stdout } = await promisify(execFile)(promtool ?? '', ['test', 'rules', join(folder, 'alerts.test.yaml')]);
  expect(stdout).toContain('SUCCESS');
});
