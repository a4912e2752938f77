import { gatewayRoutes, httpRoutes } from '../../openapi/gateway.ts';
import { type Document, operations } from '../../openapi/operations.ts';
import { accountManifests } from './accounts.ts';
import { policyManifests } from './admission.ts';
import { componentManifest } from './components.ts';
import { exposedOperations, functionOf, makeFacts } from './facts.ts';
import { accountPolicies } from './policies.ts';
import { serviceManifest } from './services.ts';
import { settingsPage } from './settings-page.ts';
import { eventManifests } from './triggers.ts';
import { notice, yamlFile } from './yaml.ts';

const table = 'functions/table.ts';
const runs = 'functions/table.ts, lib/tekton/run.ts, lib/registry/names.ts and lib/logs/archive/archiver-job.ts';
const contract = 'openapi/openapi.yaml and functions/table.ts';

/** Namespace to which the kustomize overlays deploy the service. */
const site = { namespace: 'image-build' };

/**
 * Returns the generated manifests, routes and settings page: the text of each file by its path.
 * @throws Error for an operation that no row of functions/table.ts serves
 */
export const deploymentOutputs = async (document: Document): Promise<Record<string, string>> => {
  const exposed = exposedOperations(operations(document, functionOf));
  const facts = makeFacts(site);
  const { services, accounts } = facts;
  const registryAccount = componentManifest('registry-account', services);
  return {
    'knative/base/generated/services.yaml': yamlFile(table, services.map(serviceManifest)),
    'knative/base/generated/accounts.yaml': yamlFile(table, accounts.flatMap(accountManifests), 3),
    'knative/base/generated/admission.yaml': yamlFile(runs, policyManifests(accountPolicies(facts), site)),
    'knative/base/generated/eventing.yaml': yamlFile(table, eventManifests(services)),
    'knative/overlays/toolforge/registry-account/kustomization.yaml': yamlFile(table, [registryAccount]),
    'knative/gateway-api/routes.yaml': yamlFile(contract, httpRoutes(exposed, site.namespace)),
    'knative/gateway/routes.conf': gatewayRoutes(exposed, `# ${notice(contract)}`),
    'docs/settings.md': await settingsPage(),
  };
};
