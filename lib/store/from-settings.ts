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

/**
 * Returns the value of a setting that the chosen store of logs needs.
 * @param expected description of a valid value, for the error sentence
 * @throws ConfigError where the setting is missing
 */
const required = <T>(value: T | undefined, name: string, expected: string, store: string): T => {
  if (value === undefined) throw new ConfigError(name, `${expected}, as LOG_STORE is ${store}`);
  return value;
};

/** Makes the store that holds archived logs. @throws ConfigError where a setting of the chosen store is missing */
export const storeFromSettings = (settings: StoreSettings): ObjectStore => {
  if (settings.logStore === 'folder')
    return createFolderStore(required(settings.logFolder, 'LOG_FOLDER', 'the absolute path of a folder', 'folder'));
  return createS3Store({
    endpoint: required(settings.s3Endpoint, 'S3_ENDPOINT', 'an http or https URL', 's3'),
    bucket: required(settings.s3Bucket, 'S3_BUCKET', 'the name of a bucket', 's3'),
    region: settings.s3Region,
    accessKey: required(settings.s3AccessKey, 'S3_ACCESS_KEY_FILE', 'the path of a readable file', 's3'),
    secretKey: required(settings.s3SecretKey, 'S3_SECRET_KEY_FILE', 'the path of a readable file', 's3'),
  });
};
