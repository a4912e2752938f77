# Starts nginx, and makes nginx read its secrets again when they change, since certificates are renewed while nginx
# runs.
set -eu

# Writes the gateway's secret into a line of nginx's configuration, since nginx can't read a variable from a file. The
# folder /tmp is in memory.
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
# The shell sends QUIT to nginx, which then ends once its open log streams have ended.
trap 'kill -QUIT $nginx' TERM QUIT

while kill -0 $nginx 2>/dev/null; do
  # sleep runs in the background, because a shell handles a signal only after its foreground command.
  sleep 5 & wait $! || continue
  now=$(sum)
  if [ "$now" != "$seen" ]; then
    seen=$now
    # The script reports a wrong secret or certificate, and nginx then keeps its former configuration.
    if write_secret && check; then kill -HUP $nginx; echo 'secrets read again' >&2; fi
  fi
done
wait $nginx
