import type { Settings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { createFolderStore } from './folder.ts';
import { createS3Store } from './s3.ts';
import type { ObjectStore } from './types.ts';

export const storeSettings = [
  'logStore',
  'logFolder',
  's3Endpoint',
  's3Bucket',
  's3Region',
  's3AccessKey',
  's3SecretKey',
] as const;

type StoreSettings = Settings<(typeof storeSettings)[number]>;

const needed = <T>(value: T | undefined, name: string, expected: string, store: string): T => {
  if (value === undefined) throw new ConfigError(name, `${expected}, as LOG_STORE is ${store}`);
  return value;
};

/** Where logs are archived. @throws ConfigError for a setting that the chosen store lacks */
export const storeFromSettings = (settings: StoreSettings): ObjectStore => {
  if (settings.logStore === 'folder')
    return createFolderStore(needed(settings.logFolder, 'LOG_FOLDER', 'the absolute path of a folder', 'folder'));
  return createS3Store({
    endpoint: needed(settings.s3Endpoint, 'S3_ENDPOINT', 'an http or https URL', 's3'),
    bucket: needed(settings.s3Bucket, 'S3_BUCKET', 'the name of a bucket', 's3'),
    region: settings.s3Region,
    accessKey: needed(settings.s3AccessKey, 'S3_ACCESS_KEY_FILE', 'the path of a readable file', 's3'),
    secretKey: needed(settings.s3SecretKey, 'S3_SECRET_KEY_FILE', 'the path of a readable file', 's3'),
  });
};
