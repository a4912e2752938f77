# nginx can't read a variable from a file, so the secret becomes a line of configuration in memory.
set -eu
secret=$(cat /secrets/gateway/secret)
case $secret in
  '' | *[!A-Za-z0-9_-]*) echo 'The Secret gateway must hold a key "secret" of letters, digits, - and _.' >&2; exit 1 ;;
esac
umask 077
printf 'map $tool $secret { default "%s"; "" ""; }\n' "$secret" >/tmp/secret.conf
exec nginx -c /etc/gateway/nginx.conf
