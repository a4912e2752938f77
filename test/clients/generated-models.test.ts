import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { forTool } from '../contract/client.ts';
import { embeddedTarget } from '../contract/embedded-target.ts';
import type { Target } from '../contract/target.ts';
import { mergedDocument } from '../support/merged-document.ts';

/**
 * Folder with the commands of a Python environment that has datamodel-code-generator and pydantic. components-api
 * generates its models of this API with them. The test is skipped without PYTHON_BIN.
 */
const bin = process.env.PYTHON_BIN;
const withPython = bin ? test : test.skip;

let folder: string;
let target: Target;

beforeAll(async () => {
  if (!bin) return;
  folder = await mkdtemp(join(tmpdir(), 'models-'));
  target = await embeddedTarget({});
}, 60_000);

afterAll(async () => {
  await target?.close();
  if (folder) await rm(folder, { recursive: true });
});

const run = async (command: string, ...words: string[]): Promise<string> =>
  (await promisify(execFile)(join(bin ?? '', command), words, { cwd: folder })).stdout;

/**
 * Parses responses of the API, makes the body of a request as components-api does, and prints what the models say. The
 * models must tolerate fields that they do not know.
 */
const program = `
import json
from models import (
    BuildsBuild, BuildsBuildParameters, BuildsBuildStatus, BuildsListResponse, BuildsQuotaResponse, BuildsStartResponse,
)
responses = json.load(open("responses.json"))
builds = BuildsListResponse.model_validate(responses["list"]).builds
succeeded = [build for build in builds if build.status == BuildsBuildStatus.BUILD_SUCCESS]
build = BuildsBuild.model_validate({**responses["list"]["builds"][0], "a_later_field": 1})
start = BuildsStartResponse.model_validate(responses["start"])
quota = BuildsQuotaResponse.model_validate(responses["quota"]).quota
body = BuildsBuildParameters(source_url="u", image_name="web", ref=None, envvars={}, use_latest_versions=False)
print(json.dumps({
    "succeeded": [build.build_id for build in succeeded],
    "image": build.parameters.image_name,
    "name": start.new_build.name,
    "isSameRef": build.resolved_ref == start.new_build.resolved_ref,
    "latest": build.parameters.use_latest_versions,
    "quota": [item.name for category in quota.categories for item in category.items],
    "body": body.model_dump(exclude_unset=True),
    "partial": BuildsBuild(status="BUILD_RUNNING").status.value,
}))
`;

withPython(
  'the models that components-api generates from the merged document parse real responses, and make a body that is accepted',
  async () => {
    await writeFile(join(folder, 'merged.json'), JSON.stringify(mergedDocument()));
    await run(
      'datamodel-codegen',
      ...['--input', 'merged.json', '--input-file-type', 'openapi', '--output', 'models.py'],
      ...['--output-model-type', 'pydantic_v2.BaseModel', '--formatters', 'builtin'],
    );

    const mine = await forTool(target, 'models');
    const source_url = await target.repository('models', { Procfile: 'web: true\n' });
    const start = (await mine.post({ source_url, image_name: 'web', ref: null })).json;
    const { name } = start.new_build as { name: string };
    await mine.archived(name);
    const responses = { start, list: (await mine.call('/builds')).json, quota: (await mine.call('/quotas')).json };
    await writeFile(join(folder, 'responses.json'), JSON.stringify(responses));
    await writeFile(join(folder, 'program.py'), program);

    const { body, ...read } = JSON.parse(await run('python', 'program.py'));
    expect(read).toEqual({
      succeeded: [name],
      image: 'web',
      name,
      isSameRef: true,
      latest: false,
      quota: expect.arrayContaining(['Running', 'Queued', 'Storage']),
      partial: 'BUILD_RUNNING',
    });
    expect(body).toMatchObject({ ref: null });
    const again = await mine.start({ ...body, source_url });
    expect((await mine.finished(again.name)).status).toBe('BUILD_SUCCESS');
  },
  120_000,
);
