import { expect, test } from '@jest/globals';
import { refusalOf } from '../../../local/roles.ts';

const runs = '/apis/tekton.dev/v1/namespaces/image-build/pipelineruns';
const refusal = (account: string, method: string, path: string) =>
  refusalOf(account, method, new URL(path, 'http://kubernetes'));

test.each([
  ['start-build', 'POST', runs],
  ['cancel-build', 'GET', `${runs}/b-1`],
  ['cancel-build', 'GET', `${runs}?labelSelector=user%3Dx&limit=500`],
  ['cancel-build', 'PATCH', `${runs}/b-1`],
  ['get-logs', 'GET', '/api/v1/namespaces/image-build/pods?watch=true'],
  ['get-logs', 'GET', '/api/v1/namespaces/image-build/pods/b-1-pod/log?container=step-build'],
  ['sweep', 'PATCH', '/api/v1/namespaces/image-build/configmaps/issuer-keys'],
  ['finish-build', 'PUT', '/apis/builds.toolforge.org/v1alpha1/namespaces/image-build/buildledgers/x/status'],
  ['openapi', 'GET', '/version'],
  ['healthz', 'GET', '/api/v1/namespaces/image-build'],
  ['get-build', 'GET', '/openid/v1/jwks'],
])('the Role of %s allows %s %s', (account, method, path) => {
  expect(refusal(account, method, path)).toBeUndefined();
});

test.each([
  ['cancel-build', 'POST', runs, 'create resource "pipelineruns" in API group "tekton.dev"'],
  ['get-build', 'DELETE', `${runs}/b-1`, 'delete resource "pipelineruns"'],
  ['start-build', 'GET', '/api/v1/namespaces/image-build/pods', 'list resource "pods" in API group ""'],
  ['start-build', 'GET', '/api/v1/namespaces/image-build/pods?watch=true', 'watch resource "pods"'],
  ['start-build', 'GET', '/api/v1/namespaces/image-build/secrets/gateway', 'get resource "secrets"'],
  ['sweep', 'PATCH', '/api/v1/namespaces/image-build/configmaps/settings', 'patch resource "configmaps"'],
  ['finish-build', 'PUT', '/apis/builds.toolforge.org/v1alpha1/namespaces/image-build/buildledgers/x', 'update'],
  ['get-build', 'GET', '/api/v1/namespaces/image-build', 'get resource "namespaces" in API group ""'],
  ['nobody', 'GET', `${runs}/b-1`, 'get resource "pipelineruns"'],
  ['constructor', 'GET', `${runs}/b-1`, 'get resource "pipelineruns"'],
])('the Role of %s does not allow %s %s', (account, method, path, sentence) => {
  expect(refusal(account, method, path)).toContain(sentence);
});
