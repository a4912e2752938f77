import { beforeAll, describe, expect, test } from '@jest/globals';
import { pipelineFor, versionNames } from '../../../../lib/tekton/versions.ts';
import { find, helmProgram, type Manifest, render } from '../../../support/helm.ts';

type Mount = { name: string; mountPath: string; readOnly?: boolean };
type Step = {
  name: string;
  timeout: string;
  env?: { name: string; value: string }[];
  volumeMounts?: Mount[];
  workspaces?: { name: string; mountPath: string }[];
  securityContext?: object;
  computeResources: object;
};
type Task = { stepTemplate: Step; steps: Step[]; volumes: { name: string; emptyDir?: object }[] };

const taskOf = (objects: readonly Manifest[], version: (typeof versionNames)[number]): Task =>
  find(objects, 'Pipeline', pipelineFor('toolforge-builds', version)).spec.tasks[0].taskSpec;

const stepOf = (task: Task, name: string): Step => task.steps.find((step) => step.name === name) as Step;
const variable = (step: Step, name: string): string | undefined => step.env?.find((one) => one.name === name)?.value;
const stepsWith = (task: Task, mount: (one: Mount) => boolean): string[] =>
  task.steps.filter(({ volumeMounts = [] }) => volumeMounts.some(mount)).map(({ name }) => name);

(helmProgram ? describe : describe.skip)('the Pipelines of the chart builds-builder', () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await render('builds-builder', {
      latest: { user: 1000, group: 1002, home: '/home/heroku', cache: 'none' },
      deprecated: {
        resources: { build: { limits: { memory: '6Gi' } }, others: { requests: { cpu: '20m' } } },
        timeouts: { build: '1h30m' },
      },
    });
  });

  test('differ only in the settings of their versions', async () => {
    const same = await render('builds-builder', {});
    const [one, ...others] = versionNames.map((version) => JSON.stringify(taskOf(same, version)));
    expect(others).toEqual([one, one]);
  });

  test('have the user, the group, HOME and the cache of their versions', () => {
    const settings = versionNames.map((version) => {
      const task = taskOf(objects, version);
      const { runAsUser, runAsGroup } = task.stepTemplate.securityContext as Record<string, number>;
      return [
        runAsUser,
        runAsGroup,
        variable(stepOf(task, 'build'), 'HOME'),
        variable(task.stepTemplate, 'BUILD_CACHE'),
      ];
    });
    expect(settings).toEqual([
      [1001, 1000, '/home/build', 'image'],
      [1000, 1002, '/home/heroku', 'none'],
      [1001, 1000, '/home/build', 'image'],
    ]);
  });

  test('have the resources and time limits of their versions, and those of default where none are set', () => {
    const [usual, changed] = [taskOf(objects, 'default'), taskOf(objects, 'deprecated')];
    expect(stepOf(usual, 'build')).toMatchObject({
      timeout: '45m',
      computeResources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '4Gi' } },
    });
    expect(stepOf(changed, 'build')).toMatchObject({
      timeout: '1h30m',
      computeResources: {
        requests: { cpu: '250m', memory: '512Mi' },
        limits: { memory: '6Gi', 'ephemeral-storage': '8Gi' },
      },
    });
    for (const name of ['clone', 'analyze', 'detect', 'restore', 'seal', 'export']) {
      expect(stepOf(usual, name).computeResources).toMatchObject({
        requests: { cpu: '10m' },
        limits: { memory: '1Gi' },
      });
      expect(stepOf(changed, name).computeResources).toMatchObject({
        requests: { cpu: '20m' },
        limits: { memory: '1Gi' },
      });
      expect(stepOf(changed, name).timeout).toBe(stepOf(usual, name).timeout);
    }
  });

  describe.each(versionNames)('for the versions %s', (version) => {
    let task: Task;
    beforeAll(() => {
      task = taskOf(objects, version);
    });

    test('run no step as root, and let no step become root', () => {
      const securityContext = {
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      };
      expect(task.stepTemplate).toMatchObject({ securityContext });
      expect(task.steps.filter((step) => step.securityContext !== undefined)).toEqual([]);
    });

    test('mount the credentials of the registry, and nothing that buildpacks may write, in three steps alone', () => {
      const holders = ['analyze', 'restore', 'export'];
      expect(stepsWith(task, ({ name }) => name === 'registry-credentials')).toEqual(holders);
      const home = variable(stepOf(task, 'build'), 'HOME');
      const shared = stepsWith(task, ({ name, mountPath }) => name === 'home' && mountPath === home);
      expect(shared).toEqual(['detect', 'build']);
      expect(task.steps.filter(({ workspaces }) => workspaces).map(({ name }) => name)).toEqual([
        ...['clone', 'detect', 'build', 'seal'],
      ]);
      // The step build has ended or failed when export begins, and its processes may still run.
      const writable = (step: Step) => (step.volumeMounts ?? []).filter(({ readOnly }) => !readOnly);
      const ofBuild = new Set(writable(stepOf(task, 'build')).map(({ name }) => name));
      expect(stepOf(task, 'export').volumeMounts?.filter(({ name }) => ofBuild.has(name))).toEqual([]);
    });

    test('have the application in /workspace from its clone to its export', () => {
      expect(variable(task.stepTemplate, 'CNB_APP_DIR')).toBe('/workspace');
      for (const { workspaces } of task.steps)
        expect(workspaces ?? [{ mountPath: '/workspace' }]).toEqual([
          expect.objectContaining({ mountPath: '/workspace' }),
        ]);
      expect(stepOf(task, 'export').volumeMounts).toContainEqual({
        ...{ name: 'sealed-source', mountPath: '/workspace', readOnly: true },
      });
    });

    test('have a folder of their own for each HOME, and no fixed platform API', () => {
      expect(task.volumes.find(({ name }) => name === 'home')?.emptyDir).toBeDefined();
      expect(JSON.stringify(task)).not.toContain('CNB_PLATFORM_API');
      expect(task.steps.filter((step) => variable(step, 'HOME') !== undefined).map(({ name }) => name)).toEqual([
        ...['detect', 'build'],
      ]);
    });
  });
});
