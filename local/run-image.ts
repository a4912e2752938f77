/**
 * Starts the process of an image that the embedded platform built.
 *   npm run image -- [--images FOLDER] [--port PORT] [--process TYPE] [--env NAME=VALUE]… IMAGE [-- ARGUMENT…]
 */
import { parseArgs } from 'node:util';
import { createLog } from '../lib/log.ts';
import { dataFolder, paths } from './folder.ts';
import { startImage } from './start-image.ts';

const usage =
  'Usage: npm run image -- [--images FOLDER] [--port PORT] [--process TYPE] [--env NAME=VALUE]… IMAGE [-- ARGUMENT…]';

const splitPair = (pair: string): [string, string] => [pair.replace(/=.*$/s, ''), pair.replace(/^[^=]*=?/, '')];

const readArguments = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      images: { type: 'string', default: paths(dataFolder()).images },
      port: { type: 'string', default: '8000' },
      process: { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
    },
  });
  const [image, ...args] = positionals;
  if (image === undefined) throw new Error(usage);
  return {
    ...{ image, args, imagesFolder: values.images, port: Number(values.port) },
    env: Object.fromEntries(values.env.map(splitPair)),
    ...(values.process === undefined ? {} : { process: values.process }),
  };
};

const main = async (): Promise<void> => {
  const options = { ...readArguments(), onOutput: (chunk: string) => void process.stdout.write(chunk) };
  const running = await startImage(options, process.env, createLog('image'));
  console.log(`Running at ${running.url}. Ctrl-C stops the process.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => running.stop().then(() => process.exit(0)));
  }
  process.exitCode = await running.ended;
  await running.stop();
};

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
