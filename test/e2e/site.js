import { existsSync, readFileSync } from 'node:fs';

/** Settings file of the overlay for tests. Its values are defaults for variables that the environment does not set. */
const file = new URL('../../knative/overlays/test/site/settings.env', import.meta.url);
const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
/** @type {Record<string, string>} */
export const settings = Object.fromEntries(
  lines.map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
);
process.env.BUILDER ||= settings.BUILDER ?? '';
process.env.RUNNER ||= settings.RUNNER ?? '';
process.env.TEST_REGISTRY ||= settings.REGISTRY_URL ?? '';
