import { expect } from '@jest/globals';
import { buildId, ledgerName, toolLabel } from '../../lib/ledger/names.ts';
import { archivePrefix } from '../../lib/logs/archive/archive-index.ts';
import { defaultImageName, projectName, pushedImage } from '../../lib/registry/names.ts';
import { similarTools } from '../support/tool-names.ts';
import { fuzz } from './fuzz.ts';

/** Every name that is made from a tool's name, and that decides which tool owns an object. */
const mappings: Record<string, (tool: string) => string> = {
  project: projectName,
  'default image name': defaultImageName,
  image: (tool) => pushedImage('harbor.example.org', tool, 'app'),
  ledger: ledgerName,
  label: toolLabel,
  archive: (tool) => archivePrefix(tool, 'build'),
  'id of a build': (tool) => buildId(tool, 'key'),
};

fuzz('no name that is made from a tool fits another tool', similarTools(Object.values(mappings)), ([tool, other]) => {
  for (const [what, map] of Object.entries(mappings))
    expect({ what, name: map(tool) }).not.toEqual({ what, name: map(other) });
});
