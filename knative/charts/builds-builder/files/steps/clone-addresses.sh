# shellcheck shell=bash
# Functions of clone.sh that hold the address of a submodule to the rules that start-build has for the address of a
# repository (lib/source/url.ts, lib/source/addresses.ts). Tests compare both.

readonly max_address=2048
readonly use_https='Use the https:// address of the repository.'

# Networks that are not part of the public Internet. The only network of IPv6 that is part of it is 2000::/3.
readonly special_networks='
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20'
readonly global_ipv6=2000::/3 nat64=64:ff9b::/96

# Addresses at which clouds serve data to their own machines. They are refused also in networks that are allowed.
readonly metadata_addresses='
169.254.169.254 169.254.170.2 169.254.170.23 169.254.42.42 169.254.0.23 100.100.100.200 168.63.129.16 192.0.0.192
fe80::a9fe:a9fe fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:c1::a9fe:a9fe fd00:42::42 fd00:a9fe:a9fe::1
fd00:100::100:200'

# Bytes of characters that an address must not have: control characters, blanks of any width, backslashes, and characters
# that change the direction of text.
readonly unshowable=$'[\x01-\x20\x7f\\\\]|\xc2[\x80-\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\x8e\x8f\xa8-\xaf]|\xe2\x81[\x9f\xa6-\xa9]|\xe3\x80\x80'

has_unshowable() {
  local LC_ALL=C
  [[ $1 =~ $unshowable ]]
}

# check_url TEXT: sets $address to the address in the form that start-build gives addresses: without a dot after the host
# and without slashes at its end. Fails for an address that is not allowed.
check_url() {
  local text=$1 lower=${1,,} scheme path host port
  [ -n "$text" ] || fail "The address is empty. $use_https"
  [ "${#text}" -le "$max_address" ] || fail "The address is longer than $max_address characters. Use a shorter address."
  ! has_unshowable "$text" ||
    fail 'The address has a space, a backslash or a control character in it. Write such characters percent-encoded.'
  [[ $text != -* ]] || fail "The address looks like a command line option. $use_https"
  [[ ! $text =~ ^[^/:]*@[^/]*: && ! $lower =~ ^(ssh|git\+ssh|ssh\+git): ]] || fail "Repositories are not cloned over SSH. $use_https"
  [[ ! $lower =~ ^[a-z][a-z0-9+.-]*: || $lower =~ ^https?: ]] || fail "Only https:// addresses are cloned, no other scheme. $use_https"
  [[ $lower =~ ^https?://[^/?#] ]] || fail "The address is not complete. $use_https"
  [[ ! $lower =~ ^http: || ${SOURCE_ALLOW_HTTP:-} == true || $(origin_of "$text") == "$(origin_of "$source_url")" ]] ||
    fail "Repositories are not cloned over unencrypted http://. $use_https"
  [[ ! $text =~ ^[^:]*://[^/?#]*@ ]] || fail 'The address must not hold a user name or password. Only public repositories can be built.'
  path=${text#*://}
  [[ ${path%%/*} != *[![:ascii:]]* ]] ||
    fail 'The host name has characters outside of ASCII. Write the host name in its ASCII form, which begins with xn--.'
  [[ $text != *[?#]* ]] || fail 'The address must end with the path of the repository, without ? or #.'
  [[ ! ${lower#*://*/} =~ %([01][0-9a-f]|7f) ]] || fail 'The address has an encoded control character in it. Remove the character.'
  parse_host "$text" || fail "The address has no valid host or port. $use_https"
  scheme=${lower%%:*}
  [[ $path == */* ]] && path=/${path#*/} || path=''
  [[ $host != *:* ]] || host="[$host]"
  [ "$port" = "$(default_port "$scheme")" ] || host+=:$port
  address=$scheme://${host,,}$path
  while [[ $address == */ ]]; do address=${address%/}; done
}

default_port() { [ "$1" = https ] && echo 443 || echo 80; }

# parse_host URL: sets $host and $port. An address of IPv6 has no brackets in $host.
parse_host() {
  local rest=${1#*://} scheme=${1%%:*} digits
  [[ ${rest%%/*} =~ ^(\[([0-9a-fA-F:.]+)\]|[A-Za-z0-9_]([A-Za-z0-9._-]*))(:([0-9]{0,5}))?$ ]] || return
  host=${BASH_REMATCH[2]:-${BASH_REMATCH[1]}} digits=${BASH_REMATCH[5]}
  host=${host%.}
  [[ $host != *..* ]] || return
  port=${digits:-$(default_port "${scheme,,}")}
  port=$((10#$port))
  [ "$port" -ge 1 ] && [ "$port" -le 65535 ]
}

# Prints the scheme, host and port of an address.
origin_of() {
  local host port scheme=${1%%:*}
  parse_host "$1" && echo "${scheme,,} ${host,,} $port"
}

# to_hex ADDRESS: sets $hex to the 8 or 32 hexadecimal digits of an IP address. Fails for any other text.
to_hex() {
  local text=$1 part missing left=() right=()
  if [[ $text =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$ ]]; then
    hex=''
    for part in "${BASH_REMATCH[@]:1}"; do
      [ "$((10#$part))" -le 255 ] || return
      printf -v hex '%s%02x' "$hex" "$((10#$part))"
    done
    return
  fi
  [[ $text == *:* && $text =~ ^[0-9a-fA-F:.]+$ ]] || return
  if [[ $text == *.* ]]; then
    to_hex "${text##*:}" || return
    text=${text%:*}:${hex:0:4}:${hex:4}
  fi
  IFS=: read -ra left <<<"${text%%::*}"
  [[ $text != *::* ]] || IFS=: read -ra right <<<"${text#*::}"
  missing=$((8 - ${#left[@]} - ${#right[@]}))
  if [[ $text == *::* ]]; then [ "$missing" -ge 0 ] || return; else [ "$missing" -eq 0 ] || return; fi
  hex=''
  for (( ; missing > 0; missing--)); do left+=(0); done
  for part in "${left[@]}" "${right[@]}"; do
    [[ $part =~ ^[0-9a-fA-F]{1,4}$ ]] || return
    printf -v hex '%s%04x' "$hex" "0x$part"
  done
  [ "${#hex}" -eq 32 ]
}

# in_network HEX NETWORK: tells whether the address is in a network in CIDR notation.
in_network() {
  local address=$1 bits=${2#*/} hex whole rest
  to_hex "${2%/*}" || return
  [ "${#hex}" -eq "${#address}" ] || return
  whole=$((bits / 4)) rest=$((4 - bits % 4))
  [ "${hex:0:whole}" = "${address:0:whole}" ] || return
  [ "$rest" -eq 4 ] || [ "$((0x${hex:whole:1} >> rest))" -eq "$((0x${address:whole:1} >> rest))" ]
}

# may_connect ADDRESS: tells whether an IP address is part of the public Internet, or is allowed although it is not.
may_connect() {
  local hex plain network is_allowed='' allowed=${SOURCE_ALLOWED_ADDRESSES:-}
  to_hex "$1" || return
  # An IPv6 address that stands for an IPv4 address.
  [[ $hex != 00000000000000000000ffff* ]] || hex=${hex:24}
  plain=$hex
  for network in ${allowed//,/ }; do
    if in_network "$plain" "$network"; then is_allowed=yes; fi
  done
  if in_network "$plain" "$nat64"; then plain=${plain:24}; fi
  for network in $metadata_addresses; do
    to_hex "$network"
    [ "$hex" != "$plain" ] || return 1
  done
  [ -z "$is_allowed" ] || return 0
  [ "${#plain}" -eq 8 ] || in_network "$plain" "$global_ipv6" || return
  for network in $special_networks; do
    if in_network "$plain" "$network"; then return 1; fi
  done
}

# Tells whether git reaches servers through a proxy, which then resolves their names.
has_proxy() { [ -n "${https_proxy:-}${HTTPS_PROXY:-}${http_proxy:-}${ALL_PROXY:-}${all_proxy:-}" ]; }

# check_address URL: fails where the host has no address that is allowed. Sets $pins to options with which git connects to
# the checked addresses only, whatever the name leads to by then. git knows this option since version 2.37. The server of
# the repository itself was checked when the build was started, and git connects to that server by name. The name may lead
# elsewhere by now. The step build can connect to the same addresses, and the NetworkPolicy builds limits both steps.
check_address() {
  local host port found allowed='' one
  pins=()
  [ "$(origin_of "$1")" != "$(origin_of "$source_url")" ] || return 0
  parse_host "$1"
  found=$(timeout 15 getent ahosts "$host" | awk '{ print $1 }' | sort -u)
  if [ -z "$found" ]; then
    has_proxy || fail "The repository's host name doesn't exist: check the address."
    return 0
  fi
  for one in $found; do
    if may_connect "$one"; then
      [[ $one != *:* ]] || one="[$one]"
      allowed+=${allowed:+,}$one
    fi
  done
  [ -n "$allowed" ] || fail "$host leads to an address that is not on the public Internet. Use a public git server."
  # An address of IPv6 needs no resolution, and its colons would end the option's host.
  [[ $host == *:* ]] || pins=(-c "http.curloptResolve=$host:$port:$allowed")
}
