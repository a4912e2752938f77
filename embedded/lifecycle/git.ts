import { spawn } from 'node:child_process';
import { baseEnvironment } from './environment.ts';

export type GitResult = { exitCode: number; stdout: string; stderr: string };
export type GitOptions = {
  folder: string;
  signal?: AbortSignal;
  /** Called with each chunk of git's standard output. Default: standard output is collected. */
  onOutput?: (chunk: Buffer) => void;
};

const errorLimit = 64 * 1024;

/** Settings of git that keep a repository, its server and this machine's configuration from making git run programs. */
const settings: Record<string, string> = {
  'protocol.allow': 'never',
  'protocol.http.allow': 'always',
  'protocol.https.allow': 'always',
  'http.followRedirects': 'false',
  'http.lowSpeedLimit': '1000',
  'http.lowSpeedTime': '60',
  'credential.helper': '',
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.symlinks': 'true',
  'core.autocrlf': 'false',
  // To limit memory use, git streams objects larger than 16 MiB instead of holding them in memory.
  'core.bigFileThreshold': '16m',
  'fetch.recurseSubmodules': 'false',
  'submodule.recurse': 'false',
  'advice.detachedHead': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
};

const environment = (folder: string): NodeJS.ProcessEnv => {
  return {
    ...baseEnvironment(process.env),
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CEILING_DIRECTORIES: folder,
    GIT_LFS_SKIP_SMUDGE: '1',
  };
};

/** Runs git without a shell, with settings that trust neither the repository nor its server. */
export const git = (words: string[], { folder, signal, onOutput }: GitOptions): Promise<GitResult> => {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...flags, ...words], {
      cwd: folder,
      env: environment(folder),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    signal?.addEventListener('abort', () => child.kill('SIGKILL'));
    const output: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', onOutput ?? ((chunk: Buffer) => output.push(chunk)));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-errorLimit);
    });
    child.on('error', reject);
    const end = (code: number | null) => {
      resolve({ exitCode: code ?? 1, stdout: Buffer.concat(output).toString(), stderr });
    };
    child.on('close', end);
    // Git transfers data in a child process. After git is killed, the child process may keep git's pipes open until its
    // own time limit, so this code does not wait until the pipes are closed.
    child.on('exit', (code) => {
      if (!signal?.aborted) return;
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      end(code);
    });
  });
};
