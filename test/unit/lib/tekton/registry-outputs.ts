/**
 * Ends of the output of the lifecycle 0.21 when a registry refused something, recorded against a registry with the
 * responses of Harbor 2.14. Only the host is replaced.
 */

const host = 'harbor.example.org';

/** Returns the last error of the step export for an image. @param reason the end of the error */
export const exportError = (reason: string, image = 'tool-x/tool-x', place = 'manifests/latest'): string =>
  `ERROR: failed to export: failed to write image to the following tags: [${host}/${image}:latest: PUT https://${host}/v2/${image}/${place}: ${reason}]`;

const upload =
  'blobs/uploads/43972a9d-3293-4afc-89d0-b008c70e6c6e?_state=REDACTED&digest=sha256%3Aced5f9af6734e624e0a9701cb85096ebcc4101924972c693af0897645d1a43bd';

export const quotaReason =
  'DENIED: adding 2.9 MiB of storage resource, which when updated to current usage of 3.1 KiB will exceed the configured upper limit of 1.0 MiB.';

/** Returns the last error of the step export for an image that exceeds the tool's limit of storage. */
export const quotaError = (image?: string): string => exportError(quotaReason, image, upload);

const writeAccess = `ERROR: failed to initialize analyzer: validating registry write access: failed to ensure registry read/write access to ${host}/tool-x/tool-x:build-cache: POST https://${host}/v2/tool-x/tool-x/blobs/uploads/:`;
const readAccess = `ERROR: failed to initialize analyzer: validating registry read access: failed to ensure registry read access to ${host}/tool-x/tool-x:latest:`;

/** Returns the errors of the step analyze, by their cause. */
export const analyzeErrors = {
  noAccess: `${readAccess} HEAD https://${host}/v2/tool-x/tool-x/manifests/latest: unexpected status code 401 Unauthorized (HEAD responses have no body, use GET for details)`,
  noPush: `${writeAccess} UNAUTHORIZED: unauthorized to access repository: tool-x/tool-x, action: push: unauthorized to access repository: tool-x/tool-x, action: push`,
  readOnly: `${writeAccess} DENIED: The system is in read only mode. Any modification is prohibited.`,
  failing: `${writeAccess} UNKNOWN: internal server error`,
  badGateway: `${writeAccess} unexpected status code 502 Bad Gateway: <html><body>502 Bad Gateway</body></html>`,
  cut: `${writeAccess.replace(/POST (\S+):$/, 'Post "$1":')} EOF`,
  wrongPassword: `${readAccess} GET https://${host}/service/token?scope=repository%3Atool-x%2Ftool-x%3Apull&service=harbor-registry: UNAUTHORIZED: authentication required`,
  refusing: `${readAccess} Get "https://${host}/v2/": dial tcp 192.0.2.1:443: connect: connection refused; Get "http://${host}/v2/": dial tcp 192.0.2.1:443: connect: connection refused`,
  unknownHost: `${readAccess} Get "https://${host}/v2/": dial tcp: lookup ${host} on 10.96.0.10:53: no such host`,
  certificate: `${readAccess} Get "https://${host}/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid; GET http://${host}/v2/: unexpected status code 404 Not Found`,
};

export const tooLargeError = `${exportError('', undefined, 'blobs/uploads/334a5e20?_state=REDACTED').replace('PUT', 'PATCH').slice(0, -1)}unexpected status code 413 Request Entity Too Large: <html>
<head><title>413 Request Entity Too Large</title></head>
<body>
<center><h1>413 Request Entity Too Large</h1></center>
<hr><center>nginx</center>
</body>
</html>
]`;

/** Returns the error for a run image that the credentials may not pull. */
export const runImageError = (image: string): string =>
  `ERROR: failed to initialize analyzer: validating registry read access: failed to ensure registry read access to ${image}: HEAD https://${host}/v2/base/run/manifests/1: unexpected status code 401 Unauthorized (HEAD responses have no body, use GET for details)`;
