import { existsSync, readFileSync } from 'node:fs';

/** The chart's values for the cluster for tests. They are defaults for variables that the environment does not set. */
const file = new URL('./site/values.json', import.meta.url);
const { image = {}, config = {} } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
/** @type {Record<string, string>} */
export const settings = {
  ARCHIVER_IMAGE: `${image.name}:${image.tag}`,
  S3_ENDPOINT: config.s3Endpoint ?? '',
  S3_BUCKET: config.s3Bucket ?? '',
};
process.env.BUILDER ||= config.builder ?? '';
process.env.RUNNER ||= config.runner ?? '';
process.env.TEST_REGISTRY ||= config.harborRepository ?? '';
