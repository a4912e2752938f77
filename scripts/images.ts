/**
 * Builds and pushes the image of the functions and the image of the gateway. docs/deploy.md explains the options. Prints a
 * line for each image, such as `functions=REFERENCE@DIGEST`. Where TEST_REGISTRY is set, the script also writes
 * knative/overlays/test/site.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAndPush, destinationOptions, readDestination, root, run, runScript } from './containers.ts';
import { writeTestOverlay } from './test-overlay.ts';

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
  if (!process.env.TEST_REGISTRY) return;
  await writeTestOverlay({ ARCHIVER_IMAGE: functions, GATEWAY_IMAGE: gateway }, process.env);
  console.log('overlay=knative/overlays/test');
});
