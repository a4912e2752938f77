import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayRoutes } from '../../openapi/gateway.ts';
import { type Document, operations } from '../../openapi/operations.ts';
import { builderValues } from './builder-schema.ts';
import { chartData } from './chart-data.ts';
import { apiValues } from './chart-schema.ts';
import { exposedOperations, functionOf } from './facts.ts';
import { formsOf, type Schema, schemaFile } from './schema.ts';
import { settingsPage } from './settings-page.ts';
import { notice, yamlFile } from './yaml.ts';

const root = join(import.meta.dirname, '../..');
const charts = 'knative/charts';
const chart = `${charts}/builds-api`;
const sources = 'lib/config/settings.ts, functions/table.ts and scripts/generate/*-schema.ts';

/** Returns the files by which a chart checks its values. */
const checks = (name: string, values: Schema): Record<string, string> => ({
  [`${charts}/${name}/values.schema.json`]: schemaFile(sources, values),
  [`${charts}/${name}/files/forms.yaml`]: yamlFile(sources, [{ forms: formsOf(values) }], 2),
});

const checkTemplates = 'templates/_values.tpl';

/** A chart can't use the templates of another chart without a dependency, which helm would download. */
const copyOfChecks = async (): Promise<string> =>
  `{{- /* ${notice(`${chart}/${checkTemplates}`)} */ -}}\n${await readFile(join(root, chart, checkTemplates), 'utf8')}`;

/**
 * Returns the generated files of both charts and the settings page: the text of each file by its path.
 * @throws Error for an operation that no row of functions/table.ts serves
 */
export const deploymentOutputs = async (document: Document): Promise<Record<string, string>> => {
  const exposed = exposedOperations(operations(document, functionOf));
  const data = Object.entries(chartData(exposed)).map(([name, text]) => [`${chart}/files/${name}`, text]);
  return {
    ...Object.fromEntries(data),
    [`${chart}/files/gateway/routes.conf`]: gatewayRoutes(
      exposed,
      `# ${notice('openapi/openapi.yaml and functions/table.ts')}`,
    ),
    ...checks('builds-api', apiValues),
    ...checks('builds-builder', builderValues),
    [`${charts}/builds-builder/${checkTemplates}`]: await copyOfChecks(),
    'docs/settings.md': await settingsPage(),
  };
};
