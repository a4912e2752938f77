# Starts nginx, and makes nginx read its secrets again when they change, since certificates are renewed while nginx
# runs. Environment:
#   CALLERS               tools (default): callers show certificates of tools. api-gateway: Toolforge's API gateway calls
#   NAMESPACE             namespace of the functions
#   API_GATEWAY_SUBJECT   subject of the API gateway's certificate as nginx prints it, such as CN=api-gateway. Default:
#                         every certificate of the authority counts
set -eu

fail() { echo "$1" >&2; return 1; }

case ${CALLERS:=tools} in
  tools | api-gateway) ;;
  *) fail "CALLERS must be tools or api-gateway, and is \"$CALLERS\"." ;;
esac
case ${NAMESPACE:-} in
  '' | *[!a-z0-9-]*) fail 'NAMESPACE must be the namespace of the functions.' ;;
esac
case ${API_GATEWAY_SUBJECT:=} in
  *[\"\\\$]*) fail 'API_GATEWAY_SUBJECT must not contain ", \ or $.' ;;
esac

# Number of rounds of five seconds for which the gateway sends its former secret beside a new one. Kubernetes does not
# bring a new secret to the gateway and to all functions at the same time, and a function accepts either.
former_rounds=60
current=
former=
rounds=0

# Prints the values in the gateway's secret with one space between them. Only while the secret is replaced, it has more
# than one.
values() { tr -s '[:space:]' ' ' </secrets/gateway/secret | sed 's/^ //; s/ $//'; }

# Writes the settings and the gateway's secret in the form of nginx's configuration, since nginx can't read a variable
# from a file. The folder /tmp is in memory.
write_settings() {
  found=$(values)
  case $found in
    '' | *[!A-Za-z0-9_\ -]*) fail 'The Secret gateway must hold a key "secret" of letters, digits, - and _.' || return 1 ;;
  esac
  if [ "$found" != "$current" ]; then
    former=$current
    current=$found
    rounds=$former_rounds
  fi
  secret="$current${former:+ $former}"
  if [ "$API_GATEWAY_SUBJECT" ]; then
    subjects="default \"\"; \"$API_GATEWAY_SUBJECT\" 1;"
  else
    subjects='default 1;'
  fi
  (
    umask 077
    cat >/tmp/settings.conf <<END
map \$tool \$secret { default "$secret"; "" ""; }
map \$function \$namespace { default "$NAMESPACE"; }
map \$ssl_client_s_dn \$from_api_gateway { $subjects }
END
  )
}
sum() { cat /secrets/*/* | sha256sum; }
check() { nginx -c /etc/gateway/nginx.conf -t -q; }

cp "/etc/gateway/callers-$CALLERS.conf" /tmp/callers.conf
seen=$(sum)
write_settings
nginx -c /etc/gateway/nginx.conf &
nginx=$!
# The shell sends QUIT to nginx, which then ends once its open log streams have ended.
trap 'kill -QUIT $nginx' TERM QUIT

while kill -0 $nginx 2>/dev/null; do
  # sleep runs in the background, because a shell handles a signal only after its foreground command.
  sleep 5 & wait $! || continue
  now=$(sum)
  ended=
  if [ "$former" ] && [ $((rounds -= 1)) -le 0 ]; then
    former=
    ended=1
  fi
  if [ "$now" != "$seen" ] || [ "$ended" ]; then
    seen=$now
    # The script and nginx say what is wrong with a secret or a certificate.
    if write_settings && check; then
      kill -HUP $nginx
      echo 'secrets read again' >&2
    else
      echo 'nginx keeps its former configuration' >&2
    fi
  fi
done
wait $nginx
