import { gatewayRoutes } from '../../openapi/gateway.ts';
import { type Document, operations } from '../../openapi/operations.ts';
import { chartData } from './chart-data.ts';
import { chartSchema } from './chart-schema.ts';
import { exposedOperations, functionOf } from './facts.ts';
import { settingsPage } from './settings-page.ts';
import { notice } from './yaml.ts';

const chart = 'knative/charts/builds-api';

/**
 * Returns the chart's generated files and the settings page: the text of each file by its path.
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
    [`${chart}/values.schema.json`]: chartSchema(),
    'docs/settings.md': await settingsPage(),
  };
};
