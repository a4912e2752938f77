import { expect, test } from '@jest/globals';
import { builderLabels, extendLabels, parseLabel } from '../../../../scripts/builder/labels.ts';

const apt = { id: 'fagiani/apt', version: '1.0.0', name: 'Debian packages', api: '0.10', diffId: 'sha256:new' };
const order = [{ group: [{ id: 'fagiani/apt', version: '1.0.0', optional: true }] }];
const labels = {
  maintainer: 'Heroku',
  [builderLabels.metadata]: JSON.stringify({
    description: 'Ubuntu',
    buildpacks: [{ id: 'heroku/go', version: '2' }],
    lifecycle: { version: '0.21.0' },
  }),
  [builderLabels.layers]: JSON.stringify({
    'heroku/go': { 2: { api: '0.10', layerDiffID: 'sha256:go' } },
    'fagiani/apt': { '0.1': { api: '0.9', layerDiffID: 'sha256:old' } },
  }),
  [builderLabels.order]: JSON.stringify([]),
};
const extended = extendLabels(labels, order, [apt]);

test('the labels of a builder get the added buildpacks and the new order, and keep what they had', () => {
  expect(Object.fromEntries(Object.entries(extended).map(([name, text]) => [name, JSON.parse(text)]))).toEqual({
    [builderLabels.metadata]: {
      description: 'Ubuntu',
      buildpacks: [
        { id: 'heroku/go', version: '2' },
        { id: 'fagiani/apt', version: '1.0.0', name: 'Debian packages' },
      ],
      lifecycle: { version: '0.21.0' },
    },
    [builderLabels.layers]: {
      'heroku/go': { 2: { api: '0.10', layerDiffID: 'sha256:go' } },
      'fagiani/apt': {
        '0.1': { api: '0.9', layerDiffID: 'sha256:old' },
        '1.0.0': { name: 'Debian packages', api: '0.10', layerDiffID: 'sha256:new' },
      },
    },
    [builderLabels.order]: order,
  });
});

test('extending the extended labels of a builder changes nothing', () => {
  expect(extendLabels(extended, order, [apt])).toEqual(extended);
});

test('a builder without a label gets none, and one without a list of buildpacks gets a list', () => {
  expect(extendLabels({ maintainer: 'x' }, order, [apt])).toEqual({});
  const metadata = extendLabels({ [builderLabels.metadata]: '{"buildpacks":null}' }, order, [apt])[
    builderLabels.metadata
  ];
  expect(metadata).toBe('{"buildpacks":[{"id":"fagiani/apt","version":"1.0.0","name":"Debian packages"}]}');
});

test.each(['', 'x', '1', 'null', '"x"'])('the label %j is refused with a sentence that names it', (text) => {
  expect(() => parseLabel('io.x', text)).toThrow('The label io.x of the image is not a list or an object in JSON');
});
