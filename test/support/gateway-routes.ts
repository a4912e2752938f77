import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../../knative/charts/builds-api/files/gateway/routes.conf');

/** Returns the name of the function to which the gateway sends a request, an empty text for none. */
export type FunctionOf = (method: string, uri: string) => string;

/**
 * Reads the gateway's map from requests to functions. The first expression that fits a request decides, as in nginx.
 */
export const readGatewayRoutes = async (): Promise<FunctionOf> => {
  const rows = (await readFile(file, 'utf8')).matchAll(/^ {2}"~(.+)" ([a-z-]+);$/gm);
  const map = [...rows].map(([, pattern = '', name = '']) => ({ pattern: new RegExp(pattern), name }));
  return (method, uri) => map.find(({ pattern }) => pattern.test(`${method} ${uri}`))?.name ?? '';
};
