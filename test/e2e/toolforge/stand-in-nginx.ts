/** Returns entries of nginx's map from "NAME PATH" to whether a superuser may call the path. */
const superuserEntries = (superusers: Record<string, string[]>): string =>
  Object.entries(superusers)
    .flatMap(([name, patterns]) => patterns.map((pattern) => `    "~^${name} ${pattern.replace(/^\^/, '')}" 1;`))
    .join('\n');

/**
 * Returns nginx's configuration for the stand-in of Toolforge's API gateway. As the API gateway does, the stand-in
 * verifies the certificates of tools, removes /builds from the path, and names the tool in X-Toolforge-Tool.
 * @param target host name of the build service
 * @param superusers by certificate name, regular expressions of the paths that the superuser may call for any tool
 */
export const apiGatewayConfiguration = (target: string, superusers: Record<string, string[]>): string => `
daemon off;
pid /tmp/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  default_type application/json;
  map "$ssl_client_verify $ssl_client_s_dn" $tool {
    default "";
    "~^SUCCESS CN=(?<first>[^,]+),O=toolforge$" $first;
    "~^SUCCESS O=toolforge,CN=(?<last>[^,]+)$" $last;
  }
  map $request_uri $path { "~^/builds(?<called>[^?]*)" $called; }
  map $path $tool_of_path { default ""; "~^/v1/tool/(?<named>[^/]+)" $named; }
  map $path $open { default 0; "~^/(openapi.json|v1/healthz|v1/metrics)$" 1; }
  map "$tool $tool_of_path" $own { default 0; "~^[^ ]+ $" 1; "~^([^ ]+) \\1$" 1; }
  map "$tool $path" $superuser {
    default 0;
${superuserEntries(superusers)}
  }
  map "$open$own$superuser" $allowed { default 1; 000 0; }
  server {
    listen 8443 ssl;
    ssl_certificate /tools/tls.crt;
    ssl_certificate_key /tools/tls.key;
    ssl_client_certificate /tools/ca.crt;
    ssl_verify_client optional;
    location /builds/ {
      if ($allowed = 0) { return 403 '{"error":["The API gateway refuses this path for this certificate."]}'; }
      proxy_pass https://${target}:8443/;
      proxy_http_version 1.1;
      proxy_set_header X-Toolforge-Tool $tool;
      proxy_ssl_certificate /backend/tls.crt;
      proxy_ssl_certificate_key /backend/tls.key;
      proxy_ssl_trusted_certificate /backend/ca.crt;
      proxy_ssl_verify on;
      proxy_ssl_server_name on;
      proxy_buffering off;
      proxy_read_timeout 620s;
    }
  }
}
`;
