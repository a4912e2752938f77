import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optional, type Setting } from './setting.ts';

const readSecret = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
};

/**
 * Makes a setting that is the path of a file with a secret. The file is read at start. The secret itself is not passed
 * as an environment variable, because such variables show up in dumps and in the API server.
 */
export const secretFile = (name: string): Setting<string | undefined> =>
  optional({
    name,
    expected: 'the path of a readable file that is not empty',
    default: '',
    mayBeEmpty: true,
    parse: readSecret,
  });

/**
 * Returns the password in the field `auth` of a docker config, if there is one. The field holds base64 of the user's
 * name, a colon and the password.
 */
const passwordIn = (auth: unknown): string[] => {
  const [, password] =
    typeof auth === 'string' ? (/^[^:]*:(.+)$/s.exec(Buffer.from(auth, 'base64').toString()) ?? []) : [];
  return password === undefined ? [] : [password];
};

/** Returns the passwords in the text of a docker config, or undefined for a text that is no docker config. */
const dockerPasswords = (content: string): string[] | undefined => {
  try {
    const { auths } = JSON.parse(content) as { auths?: Record<string, Record<string, unknown>> };
    const values = Object.values(auths ?? {}).flatMap(({ username: _, email: __, ...secret }) => [
      ...Object.values(secret).filter((value) => typeof value === 'string'),
      ...passwordIn(secret.auth),
    ]);
    return auths && [...new Set(values)];
  } catch {
    return undefined;
  }
};

/**
 * Reads the secrets in the files of a folder. Names that begin with two dots are skipped: Kubernetes keeps the data of
 * a mounted Secret in hidden folders with such names.
 */
const readSecrets = (folder: string): string[] | undefined => {
  try {
    const names = readdirSync(folder).filter((name) => !name.startsWith('..'));
    const contents = names.map((name) => readFileSync(join(folder, name), 'utf8').trim());
    return contents.flatMap((content) => dockerPasswords(content) ?? content).filter(Boolean);
  } catch {
    return undefined;
  }
};

/** Makes a setting that is the path of a folder. Each file is one secret, or a docker config with passwords. */
export const secretFolder = (name: string): Setting<string[] | undefined> =>
  optional({
    name,
    expected: 'the path of a readable folder of readable files',
    default: '',
    mayBeEmpty: true,
    parse: readSecrets,
  });
