/**
 * Builds and pushes the image of the functions and the image of the gateway.
 *   npm run images -- --registry HOST/PATH [--tag TAG] [--tool buildah|podman|docker] [--insecure]
 *     [--base-image IMAGE] [--gateway-base-image IMAGE]
 * docs/deploy.md explains the options, and the variables that take their place. Prints a line for each image, such as
 * `functions=REFERENCE@DIGEST`, and writes dist/images.yaml: values of the chart with both images. Where TEST_REGISTRY is
 * set, the script also writes test/e2e/site.
 */
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dump } from 'js-yaml';
import { buildAndPush, destinationOptions, readDestination, root, run, runScript } from './containers.ts';
import { type ImageValue, writeTestSite } from './test-site.ts';

/** Splits a reference at the colon before its tag. The tag keeps the digest. */
const imageValue = (reference: string): ImageValue => {
  const { name = '', tag = '' } = /^(?<name>.+?):(?<tag>[^/:]+(@.+)?)$/.exec(reference)?.groups ?? {};
  return { name, tag };
};

await runScript(async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { ...destinationOptions, 'base-image': text, 'gateway-base-image': text } });
  const destination = await readDestination(values);
  await run(process.execPath, [join(root, 'scripts/build.ts')]);
  await cp(join(root, 'scripts/warm.mjs'), join(root, 'dist/warm.mjs'));
  const functions = await buildAndPush(destination, {
    name: 'functions',
    file: 'Containerfile',
    context: 'dist',
    arguments: { BASE_IMAGE: values['base-image'] ?? process.env.BASE_IMAGE },
  });
  const gateway = await buildAndPush(destination, {
    name: 'gateway',
    file: 'knative/gateway/Containerfile',
    context: 'knative/gateway',
    arguments: { BASE_IMAGE: values['gateway-base-image'] ?? process.env.GATEWAY_BASE_IMAGE },
  });
  const images = { functions: imageValue(functions), gateway: imageValue(gateway) };
  const chartValues = { image: images.functions, gateway: { image: images.gateway } };
  await writeFile(join(root, 'dist/images.yaml'), dump(chartValues));
  console.log('values=dist/images.yaml');
  if (!process.env.TEST_REGISTRY) return;
  await writeTestSite(images, process.env);
  console.log('site=test/e2e/site');
});
