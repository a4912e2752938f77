/**
 * Starts the process of an image that the embedded platform built.
 *   npm run image -- [--images FOLDER] [--port PORT] [--process TYPE] [--env NAME=VALUE]… IMAGE [-- ARGUMENT…]
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { createLog } from '../lib/log.ts';
import { dataFolder, paths } from './folder.ts';
import { type Lifetime, runCommand } from './lifetime.ts';
import { runPaths } from './run-folder.ts';
import { startImage } from './start-image.ts';

const usage =
  'Usage: npm run image -- [--images FOLDER] [--port PORT] [--process TYPE] [--env NAME=VALUE]… IMAGE [-- ARGUMENT…]';

const splitPair = (pair: string): [string, string] => [pair.replace(/=.*$/s, ''), pair.replace(/^[^=]*=?/, '')];

const portFrom = (text: string): number => {
  if (/^\d+$/.test(text) && Number(text) < 65536) return Number(text);
  throw new Error(`--port must be a port number from 0 to 65535. ${usage}`);
};

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
    ...{ image, args, imagesFolder: values.images, port: portFrom(values.port) },
    env: Object.fromEntries(values.env.map(splitPair)),
    ...(values.process === undefined ? {} : { process: values.process }),
  };
};

const run = async ({ folder, signal, atEnd }: Lifetime): Promise<number> => {
  const own = { folder, signal, record: runPaths(folder).imageProcess };
  const options = { ...readArguments(), ...own, onOutput: (chunk: string) => void process.stdout.write(chunk) };
  const running = await startImage(options, process.env, createLog('image'));
  atEnd(running.stop);
  signal.throwIfAborted();
  console.log(`Running at ${running.url}. Ctrl-C stops the process.`);
  console.log('Other machines may reach the process, too: it chooses the addresses at which it listens.');
  return Promise.race([running.ended, once(signal, 'abort').then(() => 0)]);
};

await runCommand(run, { interruptedCode: 0 });
