# Starts nginx, and lets it read its secrets anew when they change: certificates are renewed while it runs.
set -eu

# nginx can't read a variable from a file, so the secret becomes a line of configuration in memory.
write_secret() {
  secret=$(cat /secrets/gateway/secret)
  case $secret in
    '' | *[!A-Za-z0-9_-]*) echo 'The Secret gateway must hold a key "secret" of letters, digits, - and _.' >&2; return 1 ;;
  esac
  (umask 077; printf 'map $tool $secret { default "%s"; "" ""; }\n' "$secret" >/tmp/secret.conf)
}
sum() { cat /secrets/*/* | sha256sum; }
check() { nginx -c /etc/gateway/nginx.conf -t -q; }

write_secret
seen=$(sum)
nginx -c /etc/gateway/nginx.conf &
nginx=$!
# QUIT: streams that are open get their time to end.
trap 'kill -QUIT $nginx' TERM QUIT

while kill -0 $nginx 2>/dev/null; do
  # In the background: a shell takes a signal only when its own command has ended.
  sleep 5 & wait $! || continue
  now=$(sum)
  if [ "$now" != "$seen" ]; then
    seen=$now
    # What is wrong is told; what ran before goes on.
    if write_secret && check; then kill -HUP $nginx; echo 'secrets read anew' >&2; fi
  fi
done
wait $nginx
