import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../log.ts';
import { Rotating } from '../rotating.ts';
import { openSecret, type Secret } from '../secret.ts';
import { optional, type Setting } from './setting.ts';

/** Returns the result of an attempt, or undefined where the attempt throws. */
const unlessFailing = <T>(attempt: () => T): T | undefined => {
  try {
    return attempt();
  } catch {
    return undefined;
  }
};

/** Says why a file can't be used, and what to do where the file is a key of a Secret. */
const fileProblem = (path: string): string => {
  try {
    readFileSync(path);
    return `${path} is empty. Give the key ${basename(path)} of the mounted Secret a value`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return `${path} can not be read (${code})`;
    return `there is no ${path}. Make the Secret that is mounted at ${dirname(path)}, with the key ${basename(path)}`;
  }
};

/**
 * Makes a setting that is the path of a file with a secret. The file is read at start, and again when it has changed. The
 * secret itself is not passed as an environment variable, because such variables show up in dumps and in the API server,
 * and keep their value until the process ends.
 */
export const secretFile = (name: string): Setting<Secret | undefined> =>
  optional({
    name,
    expected: 'the path of a readable file that is not empty',
    default: '',
    mayBeEmpty: true,
    schema: { type: 'string' },
    parse: (path, log) => unlessFailing(() => openSecret({ path, log })),
    problem: fileProblem,
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
const readSecrets = (folder: string): readonly string[] => {
  const names = readdirSync(folder).filter((name) => !name.startsWith('..'));
  const contents = names.map((name) => readFileSync(join(folder, name), 'utf8').trim());
  return contents.flatMap((content) => dockerPasswords(content) ?? content).filter(Boolean);
};

/** Says which file or folder can't be read. */
const folderProblem = (folder: string): string | undefined => {
  try {
    readSecrets(folder);
    return undefined;
  } catch (error) {
    const { path = folder, code } = error as NodeJS.ErrnoException;
    return `${path} can not be read (${code})`;
  }
};

/** Opens a folder of secrets. @throws Error for a folder that can't be read */
const openSecrets = (path: string, log: Log): Secret => {
  const folder = new Rotating({ path, log, read: readSecrets });
  return { values: () => folder.value, refresh: () => folder.refresh() };
};

/** Makes a setting that is the path of a folder. Each file is one secret, or a docker config with passwords. */
export const secretFolder = (name: string): Setting<Secret | undefined> =>
  optional({
    name,
    expected: 'the path of a readable folder of readable files',
    default: '',
    mayBeEmpty: true,
    schema: { type: 'string' },
    parse: (path, log) => unlessFailing(() => openSecrets(path, log)),
    problem: folderProblem,
  });
