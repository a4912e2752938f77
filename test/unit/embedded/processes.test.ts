import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  hasProcesses,
  killGroup,
  killGroupNow,
  leaderOf,
  markerOf,
  recordedLeader,
  recordLeader,
} from '../../../embedded/processes.ts';
import { isRunning } from '../../../lib/process-identity.ts';
import { asOrdinaryUser, isRoot, ordinaryUser } from '../../support/ordinary-user.ts';

let folder: string;
const started: number[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'processes-'));
});
afterEach(async () => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The test has ended the processes.
    }
  }
  await rm(folder, { recursive: true, force: true });
});

/** Starts a shell in a session of its own that prints a line. @returns the shell and the line */
const startShell = async (script: string, Tmpdir = '/tmp'): Promise<{ shell: ChildProcess; line: string }> => {
  const env = { PATH: process.env.PATH, TMPDIR: Tmpdir };
  const shell = spawn('sh', ['-c', script], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(shell.pid ?? 0);
  const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
  return { shell, line };
};

/** Starts a process in a session whose leader has ended. @returns the ids of both */
const startOrphan = async (): Promise<{ leader: number; member: number }> => {
  const { shell, line } = await startShell('sleep 600 >/dev/null & echo $!');
  if (shell.exitCode === null) await once(shell, 'exit');
  return { leader: shell.pid ?? 0, member: Number(line) };
};

const noMarker = { marker: 'TMPDIR=/none/' };

test('a recorded session is killed with all its processes while its leader runs', async () => {
  const { shell, line } = await startShell('sleep 600 & echo $!; wait');
  recordLeader(join(folder, 'record'), leaderOf(shell.pid ?? 0));
  const leaders = recordedLeader(join(folder, 'record'));
  expect(leaders).toEqual([leaderOf(shell.pid ?? 0)]);
  await killGroup({ leaders, ...noMarker });
  expect(hasProcesses({ leaders, ...noMarker })).toBe(false);
  expect(isRunning(Number(line), undefined)).toBe(false);
});

test('a session is not killed by the id of a leader that has ended, because the id may be reused', async () => {
  const { leader, member } = await startOrphan();
  recordLeader(join(folder, 'record'), { pid: leader, startTime: '1' });
  const leaders = recordedLeader(join(folder, 'record'));
  expect(leaders).toEqual([]);
  await killGroup({ leaders, ...noMarker });
  expect(isRunning(member, undefined)).toBe(true);
});

test('a process is not killed by its id alone, when it has started at another time than the recorded one', async () => {
  const { shell } = await startShell('echo; sleep 600');
  const pid = shell.pid ?? 0;
  recordLeader(join(folder, 'record'), { pid, startTime: '1' });
  expect(recordedLeader(join(folder, 'record'))).toEqual([]);
  await killGroup({ leaders: [{ pid, startTime: '1' }], ...noMarker });
  expect(isRunning(pid, undefined)).toBe(true);
});

test.each(['', '{', '{}', '[]', 'null', '{"leader": "x"}', `{"leader": ${process.pid}}`])(
  'the record %j names no leader',
  async (text) => {
    await writeFile(join(folder, 'record'), text);
    expect(recordedLeader(join(folder, 'record'))).toEqual([]);
  },
);

test('a missing record names no leader', () => {
  expect(recordedLeader(join(folder, 'none'))).toEqual([]);
});

test('a process whose folder for temporary files is below a folder is killed at once, and a neighbour is not', async () => {
  const { shell } = await startShell('echo; sleep 600', `${folder}/a/tmp`);
  const { shell: neighbour } = await startShell('echo; sleep 600', `${folder}/another`);
  const exit = once(shell, 'exit');
  killGroupNow({ leaders: [], marker: markerOf(join(folder, 'a')) });
  await exit;
  expect(isRunning(neighbour.pid ?? 0, undefined)).toBe(true);
});

(isRoot ? test : test.skip)('a process of another user in a group does not save the processes after it', async () => {
  const start = (uid: number): ChildProcess => {
    const child = spawn('sleep', ['600'], { uid, detached: true, stdio: 'ignore' });
    started.push(child.pid ?? 0);
    return child;
  };
  const [foreign, own] = [start(ordinaryUser - 1), start(ordinaryUser)];
  const exit = once(own, 'exit');
  asOrdinaryUser(() => killGroupNow({ leaders: [foreign, own].map(({ pid }) => leaderOf(pid ?? 0)), ...noMarker }));
  await exit;
  expect(isRunning(foreign.pid ?? 0, undefined)).toBe(true);
});
