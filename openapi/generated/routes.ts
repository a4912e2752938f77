// Generated from openapi/openapi.yaml by `npm run generate`. Do not edit.
/** operation: operationId. function: the folder under functions/ that serves it. open: needs no authentication. */
export type Route = {
  operation: string;
  function: string;
  method: string;
  path: string;
  open: boolean;
  parameters: { name: string; in: 'path' | 'query' | 'header' }[];
};

export const routes: readonly Route[] = [
  {"operation":"list-builds","function":"list-builds","method":"GET","path":"/v1/tool/{toolname}/builds","open":false,"parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"start-build","function":"start-build","method":"POST","path":"/v1/tool/{toolname}/builds","open":false,"parameters":[{"name":"toolname","in":"path"},{"name":"Idempotency-Key","in":"header"}]},
  {"operation":"get-latest-build","function":"get-build","method":"GET","path":"/v1/tool/{toolname}/builds/latest","open":false,"parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"get-build","function":"get-build","method":"GET","path":"/v1/tool/{toolname}/builds/{id}","open":false,"parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"}]},
  {"operation":"delete-build","function":"delete-build","method":"DELETE","path":"/v1/tool/{toolname}/builds/{id}","open":false,"parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"}]},
  {"operation":"cancel-build","function":"cancel-build","method":"PUT","path":"/v1/tool/{toolname}/builds/{id}/cancel","open":false,"parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"}]},
  {"operation":"get-logs","function":"get-logs","method":"GET","path":"/v1/tool/{toolname}/builds/{id}/logs","open":false,"parameters":[{"name":"toolname","in":"path"},{"name":"id","in":"path"},{"name":"follow","in":"query"},{"name":"cursor","in":"query"},{"name":"format","in":"query"},{"name":"step","in":"query"},{"name":"tail","in":"query"},{"name":"since","in":"query"},{"name":"grep","in":"query"},{"name":"from_line","in":"query"},{"name":"lines","in":"query"},{"name":"Last-Event-ID","in":"header"}]},
  {"operation":"clean-images","function":"clean-images","method":"POST","path":"/v1/tool/{toolname}/clean","open":false,"parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"quota","function":"quota","method":"GET","path":"/v1/tool/{toolname}/quotas","open":false,"parameters":[{"name":"toolname","in":"path"}]},
  {"operation":"healthz","function":"healthz","method":"GET","path":"/v1/healthz","open":true,"parameters":[]},
  {"operation":"openapi","function":"openapi","method":"GET","path":"/openapi.json","open":true,"parameters":[]},
];
