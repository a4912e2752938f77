// Made by npm run generate from openapi/openapi.yaml. Do not edit.
/**
 * One operation of the contract. operation: its operationId. function: the folder under functions/ that serves the
 * operation. open: the operation needs no authentication. scope: the scope that a caller needs for the tool.
 */
export type Route = {
  operation: string;
  function: string;
  method: string;
  path: string;
  open: boolean;
  scope?: 'read' | 'build' | 'admin';
  parameters: { name: string; in: 'path' | 'query' | 'header' }[];
};

export const routes: readonly Route[] = [
  {"operation":"list-builds","function":"list-builds","method":"GET","path":"/v1/tool/{toolname}/builds","open":false,"scope":"read","parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"start-build","function":"start-build","method":"POST","path":"/v1/tool/{toolname}/builds","open":false,"scope":"build","parameters":[{"name":"toolname","in":"path"},{"name":"Idempotency-Key","in":"header"}]},
  {"operation":"get-latest-build","function":"get-build","method":"GET","path":"/v1/tool/{toolname}/builds/latest","open":false,"scope":"read","parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"get-build","function":"get-build","method":"GET","path":"/v1/tool/{toolname}/builds/{id}","open":false,"scope":"read","parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"}]},
  {"operation":"delete-build","function":"delete-build","method":"DELETE","path":"/v1/tool/{toolname}/builds/{id}","open":false,"scope":"admin","parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"}]},
  {"operation":"cancel-build","function":"cancel-build","method":"PUT","path":"/v1/tool/{toolname}/builds/{id}/cancel","open":false,"scope":"build","parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"}]},
  {"operation":"get-logs","function":"get-logs","method":"GET","path":"/v1/tool/{toolname}/builds/{id}/logs","open":false,"scope":"read","parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"},{"name":"follow","in":"query"},{"name":"cursor","in":"query"},{"name":"format","in":"query"},{"name":"step","in":"query"},{"name":"tail","in":"query"},{"name":"since","in":"query"},{"name":"grep","in":"query"},{"name":"from_line","in":"query"},{"name":"lines","in":"query"},{"name":"Last-Event-ID","in":"header"}]},
  {"operation":"clean-images","function":"clean-images","method":"POST","path":"/v1/tool/{toolname}/clean","open":false,"scope":"admin","parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"quota","function":"quota","method":"GET","path":"/v1/tool/{toolname}/quotas","open":false,"scope":"read","parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"metrics","function":"metrics","method":"GET","path":"/v1/metrics","open":false,"parameters":[]},
  {"operation":"whoami","function":"whoami","method":"GET","path":"/v1/whoami","open":false,"parameters":[]},
  {"operation":"healthz","function":"healthz","method":"GET","path":"/v1/healthz","open":true,"parameters":[]},
  {"operation":"openapi","function":"openapi","method":"GET","path":"/openapi.json","open":true,"parameters":[]},
  {"operation":"protected-resource","function":"openapi","method":"GET","path":"/.well-known/oauth-protected-resource","open":true,"parameters":[]},
];
