import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolderNow } from '../remove-folder.ts';

/** The folder in which the processes of one pod run. The folder is removed with the pod. All paths are absolute. */
export type PodFolder = {
  path: string;
  workspace: string;
  home: string;
  tmp: string;
  results: string;
  /**
   * File with the id and the start time of the pod's running process. After a crash of the platform, the next start
   * finds and kills the process by this file.
   */
  record: string;
  stepResult(container: string, name: string): string;
  bound(workspace: string): string;
  script(index: number): string;
};

export const podsFolder = (folder: string): string => join(folder, 'pods');

export const podFolder = (folder: string, uid: string): PodFolder => {
  const path = join(podsFolder(folder), uid);
  return {
    path,
    workspace: join(path, 'workspace'),
    home: join(path, 'home'),
    tmp: join(path, 'tmp'),
    results: join(path, 'results'),
    record: join(path, 'process.json'),
    stepResult: (container, name) => join(path, 'steps', container, 'results', name),
    bound: (workspace) => join(path, 'workspaces', workspace),
    script: (index) => join(path, 'scripts', `script-${index}`),
  };
};

/** Makes the folders that the processes of every pod need. */
export const makePodFolder = (folder: PodFolder): void => {
  for (const path of [folder.workspace, folder.home, folder.tmp, folder.results]) mkdirSync(path, { recursive: true });
};

/** Writes a step's script as an executable file. A script without a `#!` line runs in the shell, as with Tekton. */
export const writeScript = (path: string, script: string): void => {
  const text = script.startsWith('#!') ? script : `#!/bin/sh\nset -e\n${script}`;
  writeFileSync(path, text, { mode: 0o755 });
};

export const removePodFolder = ({ path }: PodFolder): void => removeFolderNow(path);
