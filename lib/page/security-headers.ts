/**
 * The page may load its own files, and call the API at its own origin. Codex' styles hold icons as data: images. Vue
 * makes static markup by a Trusted Types policy of its own, and nothing else may turn text into markup.
 * @see https://www.w3.org/TR/CSP3/
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types vue',
].join('; ');

/** Features of browsers that the page does not use. The page copies text, so it keeps clipboard-write. */
const permissionsPolicy = [
  ...['accelerometer', 'bluetooth', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid'],
  ...[
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'publickey-credentials-get',
    'serial',
    'usb',
    'xr-spatial-tracking',
  ],
]
  .map((feature) => `${feature}=()`)
  .concat('clipboard-write=(self)')
  .join(', ');

/** Headers of every response of the page, also of errors, redirects and files that are no documents. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': permissionsPolicy,
  // Addresses of the page name tools and builds, and other origins must not learn them.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  // Browsers that do not know frame-ancestors know this header.
  'x-frame-options': 'DENY',
};
