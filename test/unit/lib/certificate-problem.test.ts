import { request } from 'node:https';
import { expect, test } from '@jest/globals';
import { certificateProblem, isUntrustedCertificate } from '../../../lib/certificate-problem.ts';
import { type CertificateOptions, selfSigned, startSecureServer } from '../../support/certificates.ts';

/** Returns the error of a request to a server with a certificate. @param isTrusted whether the client trusts it */
const errorFor = async (options: CertificateOptions, isTrusted: boolean): Promise<unknown> => {
  const server = await startSecureServer((_, res) => void res.end(), options);
  const ca = isTrusted ? server.certificate : (await selfSigned({ host: 'authority' })).cert;
  try {
    return await new Promise((resolve, reject) => {
      request(server.url, { ca, agent: false }, reject).on('error', resolve).end();
    });
  } finally {
    await server.close();
  }
};

test.each<[string, CertificateOptions, boolean, RegExp]>([
  [
    'that has expired',
    { days: [-3, -2] },
    true,
    /^has expired\. Renew it, or correct this machine's clock \(CERT_HAS_EXPIRED\)$/,
  ],
  ['that begins tomorrow', { days: [1, 2] }, true, /^is not valid yet\. Correct the clock .* \(CERT_NOT_YET_VALID\)$/],
  ['for another host', { host: 'other.example' }, true, /^is for another host\. Correct the address, or the names/],
  [
    'of an unknown authority',
    {},
    false,
    /^is not signed by an authority that is trusted here\. .*\(DEPTH_ZERO_SELF_SIGNED/,
  ],
])('a certificate %s is described with what to do', async (_, options, isTrusted, expected) => {
  const error = await errorFor(options, isTrusted);
  expect(certificateProblem(error)).toMatch(expected);
  // The error of the connection is a cause of the errors of fetch.
  expect(certificateProblem(new TypeError('fetch failed', { cause: error }))).toMatch(expected);
});

test.each([undefined, null, 'CERT_HAS_EXPIRED', new Error('x'), { code: 7 }, { code: 'ECONNREFUSED', cause: {} }])(
  'no other error is taken for one of a certificate: %p',
  (error) => {
    expect(certificateProblem(error)).toBeUndefined();
  },
);

test('a code that is the name of a member of every object is no code of a certificate', () => {
  expect(isUntrustedCertificate('constructor')).toBe(false);
});
