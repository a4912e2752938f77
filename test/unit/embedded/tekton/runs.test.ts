import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Platform } from './support.ts';
import { run, runsPath, sh, startPlatform } from './support.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await startPlatform();
});
afterEach(() => platform.close());

const post = async (body: object) => {
  const answer = await platform.served.call('POST', runsPath, body);
  expect(answer.status).toBe(201);
  return answer.body;
};
const taskRun = (name: string) => platform.served.api.objects.get('taskruns', 'ns', `${name}-build-from-git`);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const condition = (status: string, reason: string, message: unknown) => [
  { type: 'Succeeded', status, lastTransitionTime: time, reason, message },
];

describe('a run that succeeds', () => {
  test('a successful run has the fields that Tekton writes', async () => {
    const created = await post(
      run('ok', [sh('clone', 'echo cloning'), { name: 'build', image: 'base', script: 'echo building' }]),
    );
    const ended = await platform.end('ok');
    const message = 'Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 0';
    expect(ended.status).toMatchObject({
      conditions: condition('True', 'Succeeded', message),
      startTime: time,
      completionTime: time,
      pipelineSpec: { tasks: [{ name: 'build-from-git' }] },
      childReferences: [
        { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'ok-build-from-git', pipelineTaskName: 'build-from-git' },
      ],
    });
    const task = taskRun('ok');
    expect(task?.metadata).toMatchObject({
      labels: {
        'app.kubernetes.io/managed-by': 'tekton-pipelines',
        'tekton.dev/memberOf': 'tasks',
        'tekton.dev/pipeline': 'ok',
        'tekton.dev/pipelineRun': 'ok',
        'tekton.dev/pipelineRunUID': created.metadata.uid,
        'tekton.dev/pipelineTask': 'build-from-git',
        user: 'tool-a',
      },
      ownerReferences: [{ kind: 'PipelineRun', name: 'ok', uid: created.metadata.uid, controller: true }],
    });
    expect(task?.status).toMatchObject({
      conditions: condition('True', 'Succeeded', 'All Steps have completed executing'),
      podName: 'ok-build-from-git-pod',
      steps: ['clone', 'build'].map((name) => ({
        name,
        container: `step-${name}`,
        terminated: { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time },
        terminationReason: 'Completed',
      })),
    });
    const pod = platform.served.api.objects.get('pods', 'ns', 'ok-build-from-git-pod');
    expect(pod).toMatchObject({
      metadata: {
        labels: { 'tekton.dev/taskRun': 'ok-build-from-git', 'tekton.dev/pipelineRun': 'ok', user: 'tool-a' },
      },
      spec: {
        initContainers: [{ name: 'prepare' }, { name: 'place-scripts' }],
        containers: [{ name: 'step-clone' }, { name: 'step-build' }],
      },
      status: { phase: 'Succeeded' },
    });
    expect(await platform.log('ok-build-from-git-pod', 'step-clone')).toBe('cloning\n');
    expect(await platform.log('ok-build-from-git-pod', 'step-build')).toBe('building\n');
  });

  test('a run passes parameters and results on', async () => {
    const pipelineSpec = {
      params: [
        { name: 'url', type: 'string' },
        { name: 'list', type: 'array', default: ['x', 'y z'] },
        { name: 'd', default: 'dee' },
      ],
      results: [{ name: 'out', value: '$(tasks.build-from-git.results.digest)' }],
      tasks: [
        {
          name: 'build-from-git',
          params: [
            { name: 'source', value: '$(params.url)' },
            { name: 'items', value: ['a', '$(params.list[*])'] },
          ],
          workspaces: [{ name: 'ws', workspace: 'shared' }],
          taskSpec: {
            params: [{ name: 'source' }, { name: 'items', type: 'array' }],
            workspaces: [{ name: 'ws' }],
            results: [{ name: 'digest', value: '$(steps.one.results.sum)' }, { name: 'plain' }],
            steps: [
              sh(
                'one',
                'printf "%s" "$1-$V-$FROM_IMAGE" > $(step.results.sum.path); echo hi > $(workspaces.ws.path)/f',
                {
                  args: [
                    'printf "%s" "$1-$V-$FROM_IMAGE" > $(step.results.sum.path); echo hi > $(workspaces.ws.path)/f',
                    'sh',
                    '$(params.source)',
                  ],
                  env: [{ name: 'V', value: '$(params.d)' }],
                  results: [{ name: 'sum' }],
                },
              ),
              {
                name: 'two',
                image: 'base',
                script:
                  '#!/bin/bash\ncat $(workspaces.ws.path)/f; printf "%s|" "$@"; echo "$(context.pipelineRun.name)"; printf p > $(results.plain.path)',
                args: ['$(params.items[*])', '$(steps.one.results.sum)', '$(params.unknown)'],
              },
            ],
          },
        },
      ],
      workspaces: [{ name: 'shared' }],
    };
    await platform.served.call('POST', '/apis/tekton.dev/v1/namespaces/ns/pipelines', {
      ...{ apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' } },
      spec: pipelineSpec,
    });
    const spec = {
      pipelineSpec: undefined,
      pipelineRef: { name: 'p' },
      params: [{ name: 'url', value: 'https://x' }],
      workspaces: [{ name: 'shared', emptyDir: {} }],
    };
    await post(run('par', [], spec));
    const ended = await platform.end('par');
    expect(ended.status?.conditions?.[0]?.reason).toBe('Succeeded');
    expect(ended.status?.results).toEqual([{ name: 'out', value: 'https://x-dee-base' }]);
    expect(taskRun('par')?.status?.results).toEqual([
      { name: 'digest', type: 'string', value: 'https://x-dee-base' },
      { name: 'plain', type: 'string', value: 'p' },
    ]);
    expect(taskRun('par')?.status?.steps?.[0]?.results).toEqual([
      { name: 'sum', type: 'string', value: 'https://x-dee-base' },
    ]);
    expect(await platform.log('par-build-from-git-pod', 'step-two')).toBe(
      'hi\na|x|y z|https://x-dee-base|$(params.unknown)|par\n',
    );
  });

  test('tasks run one after another, and later tasks get the results of earlier ones', async () => {
    const tasks = [
      { name: 'first', taskSpec: { results: [{ name: 'r' }], steps: [sh('s', 'printf 42 > $(results.r.path)')] } },
      {
        name: 'second',
        params: [{ name: 'n', value: '$(tasks.first.results.r)' }],
        taskSpec: { params: [{ name: 'n' }], steps: [sh('s', 'echo $(params.n)')] },
      },
    ];
    await post(run('two', [], { pipelineSpec: { tasks } }));
    const ended = await platform.end('two');
    expect(ended.status?.conditions?.[0]?.message).toBe('Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 0');
    expect(await platform.log('two-second-pod', 'step-s')).toBe('42\n');
  });

  test("a step does not get the platform's environment variables", async () => {
    process.env.PLATFORM_SECRET = 'hush';
    await post(run('env', [sh('s', 'env; pwd; ls -A $HOME $TMPDIR')]));
    await platform.end('env');
    delete process.env.PLATFORM_SECRET;
    const log = await platform.log('env-build-from-git-pod', 'step-s');
    expect(log).not.toContain('hush');
    expect(log).toContain(`HOME=${platform.folder}`);
    expect(log).toContain('FROM_IMAGE=base');
  });
});

describe('a run that fails', () => {
  test('a failed run names the step and its exit code and skips the rest', async () => {
    await post(run('bad', [sh('clone', 'true'), sh('build', 'echo building; exit 3'), sh('export', 'echo never')]));
    const ended = await platform.end('bad');
    const message = 'Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 0';
    expect(ended.status?.conditions).toEqual(condition('False', 'Failed', message));
    const { status } = taskRun('bad') ?? {};
    expect(status?.conditions).toEqual(condition('False', 'StepFailed', '"step-build" exited with code 3: Error'));
    expect(
      status?.steps?.map(({ terminationReason, terminated }) => [terminationReason, terminated?.exitCode]),
    ).toEqual([
      ['Completed', 0],
      ['Error', 3],
      ['Skipped', 1],
    ]);
    expect(await platform.log('bad-build-from-git-pod', 'step-export')).toContain(
      'Skipping step because a previous step failed',
    );
  });

  test('a failed run keeps the result of its failed step', async () => {
    await post(
      run('why', [sh('s', 'printf because > $(step.results.why.path); exit 1', { results: [{ name: 'why' }] })]),
    );
    await platform.end('why');
    expect(taskRun('why')?.status?.steps?.[0]?.results).toEqual([{ name: 'why', type: 'string', value: 'because' }]);
  });

  test('a result that is too long fails its step', async () => {
    await post(
      run('long', [
        sh('s', 'head -c 5000 /dev/zero | tr "\\0" x > $(step.results.r.path)', { results: [{ name: 'r' }] }),
      ]),
    );
    await platform.end('long');
    expect(taskRun('long')?.status?.conditions?.[0]?.message).toBe('"step-s" exited with code 1: Error');
    expect(await platform.log('long-build-from-git-pod', 'step-s')).toContain('above max allowed size 4096');
  });

  test.each([
    [
      'CouldntGetPipeline',
      { pipelineSpec: undefined, pipelineRef: { name: 'none' } },
      'pipelines.tekton.dev "none" not found',
    ],
    [
      'ParameterMissing',
      { pipelineSpec: { params: [{ name: 'a' }, { name: 'b' }], tasks: [] } },
      'missing parameters: [a b]',
    ],
  ])('%s', async (reason, spec, message) => {
    await post(run('bad', [], spec));
    const ended = await platform.end('bad');
    expect(ended.status?.conditions).toEqual(condition('False', reason, expect.stringContaining(message)));
  });

  test('a missing command and a step that a signal ends fail the run', async () => {
    await post(run('none', [{ name: 's', image: 'base', command: ['/no/such/program'] }]));
    await post(run('killed', [sh('s', 'kill -9 $$')]));
    await platform.end('none');
    await platform.end('killed');
    expect(taskRun('none')?.status?.conditions?.[0]?.message).toBe('"step-s" exited with code 1: Error');
    expect(taskRun('killed')?.status?.conditions?.[0]?.message).toBe('"step-s" exited with code 137: Error');
  });

  test('a step that exceeds its timeout fails the run', async () => {
    await post(run('slow', [sh('s', 'sleep 60', { timeout: '100ms' })]));
    await platform.end('slow');
    const { status } = taskRun('slow') ?? {};
    expect(status?.conditions?.[0]?.message).toBe(
      '"step-s" exited because the step exceeded the specified timeout limit',
    );
    expect(status?.steps?.[0]?.terminationReason).toBe('TimeoutExceeded');
  });

  test('an image that cannot be pulled fails the run', async () => {
    await post(run('img', [sh('clone', 'true'), sh('build', 'true', { image: 'registry/nope:1' })]));
    const ended = await platform.end('img');
    expect(ended.status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'Failed' });
    expect(taskRun('img')?.status?.conditions?.[0]).toMatchObject({
      reason: 'TaskRunImagePullFailed',
      message: expect.stringMatching(
        /^the step "build" in TaskRun "img-build-from-git" failed to pull the image ""\. The pod errored with the message: "Back-off/,
      ),
    });
    expect(platform.served.api.objects.get('pods', 'ns', 'img-build-from-git-pod')).toBeUndefined();
    await platform.event(({ body }) => body.taskRun?.status.conditions?.[0]?.reason === 'PullImageFailed');
  });
});
