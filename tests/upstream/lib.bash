# The internet in a box: network and mount namespaces with nginx (TLS, with an authority made for
# this run), dnsmasq, a TLS server and a DNS server that misbehave, and a TLS server that writes down
# what it is asked. Source this file, call upstream_start in setup_file and upstream_stop in
# teardown_file; `inside COMMAND` runs there.
#
# PUBLIC, RECORDER and PUBLIC6 are public addresses, which here exist only on the namespace's loopback
# device.

PUBLIC=1.2.3.4
RECORDER=1.2.3.5
PUBLIC6=2600::1234
UPSTREAM_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# shellcheck source=tests/lib.bash
source "$UPSTREAM_SOURCE/../lib.bash"

# upstream_missing [kvm]: prints why the internet, or a VM that asks it, cannot be set up here; nothing if
# it can.
upstream_missing() {
    local tool
    for tool in nginx dnsmasq openssl unshare nsenter ip python3; do
        command -v "$tool" >/dev/null || { echo "$tool is not installed"; return; }
    done
    unshare "${UPSTREAM_USER[@]}" --net --mount true 2>/dev/null ||
        { echo "network namespaces cannot be made by $(id -un) here"; return; }
    [[ ${1:-} != kvm || (-r /dev/kvm && -w /dev/kvm) ]] || echo "/dev/kvm cannot be opened here"
}

[ "$(id -u)" = 0 ] || UPSTREAM_USER=(--user --map-root-user)

# enter PREFIX COMMAND...: runs the command in the namespaces, in place of this shell if PREFIX is
# exec, as a child if it is command
enter() {
    local prefix=$1 user=()
    shift
    [ "$(id -u)" = 0 ] || user=(--user --preserve-credentials)
    $prefix nsenter --target "$UPSTREAM_PID" "${user[@]}" --net --mount --wd="$PWD" -- "$@"
}

inside() {
    enter command "$@"
}

# certificate NAME DAYS SUBJECT-ALTERNATIVE-NAMES [CA]: NAME.pem and NAME.key in $UPSTREAM
certificate() {
    local ca=${4:-ca}
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$UPSTREAM/$1.key" -out "$UPSTREAM/$1.csr" 2>/dev/null
    openssl x509 -req -in "$UPSTREAM/$1.csr" -days "$2" -out "$UPSTREAM/$1.pem" \
        -CA "$UPSTREAM/$ca.pem" -CAkey "$UPSTREAM/$ca.key" \
        -extfile <(echo "subjectAltName=$3") 2>/dev/null
}

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj "/CN=$1" -keyout "$UPSTREAM/$1.key" -out "$UPSTREAM/$1.pem" 2>/dev/null
}

certificates() {
    local name names="IP:$PUBLIC,IP:127.0.0.1,DNS:*.odd.test,DNS:rebind.two.odd.test"
    for name in $(sed -n 's/^host-record=\([^,]*\),.*/\1/p' "$UPSTREAM_SOURCE/dnsmasq.conf"); do
        names+=,DNS:$name
    done
    authority ca
    authority other-ca
    certificate good 2 "$names"
    certificate expired -1 "$names"
    certificate wrong-name 2 DNS:elsewhere.example
    certificate self-signed 2 "$names" other-ca
}

# background NAME COMMAND...: runs it in the namespaces, with a log, until upstream_stop
background() {
    local log="$UPSTREAM/$1.log"
    shift
    enter exec "$@" >"$log" 2>&1 3>&- </dev/null &
    echo $! >>"$UPSTREAM/pids"
}

# listens TCP-PORT [ADDRESS]: something does there
listens() {
    [ -n "$(inside ss -Hltn "sport = :$1${2:+ and src = $2}")" ]
}

# listening TCP-PORT [ADDRESS]: waits until something listens there
listening() {
    within listens "$@" || {
        echo "see $UPSTREAM/*.log"
        return 1
    } >&2
}

# upstream_start DIRECTORY: starts everything, with all files in DIRECTORY
upstream_start() {
    export UPSTREAM=$1
    mkdir -p "$UPSTREAM/nginx"
    : >"$UPSTREAM/pids"
    unshare "${UPSTREAM_USER[@]}" --net --mount sleep infinity 3>&- &
    export UPSTREAM_PID=$!
    echo "$UPSTREAM_PID" >>"$UPSTREAM/pids"
    until inside test "$(readlink /proc/self/ns/net)" != "$(inside readlink /proc/self/ns/net)" \
        2>/dev/null; do sleep 0.02; done

    inside ip link set lo up
    inside ip address add "$PUBLIC/32" dev lo
    inside ip address add "$RECORDER/32" dev lo
    inside ip address add "$PUBLIC6/128" dev lo nodad
    echo "nameserver 127.0.0.1" >"$UPSTREAM/resolv.conf"
    inside mount --bind "$UPSTREAM/resolv.conf" /etc/resolv.conf

    certificates
    cp -r "$UPSTREAM_SOURCE/bodies" "$UPSTREAM/bodies"
    background names python3 "$UPSTREAM_SOURCE/names.py" "$PUBLIC"
    background dnsmasq dnsmasq --no-daemon --conf-file="$UPSTREAM_SOURCE/dnsmasq.conf" \
        --pid-file="$UPSTREAM/dnsmasq.pid"
    sed -e "s|@UPSTREAM@|$UPSTREAM|g" -e "s|@PUBLIC@|$PUBLIC|g" -e "s|@PUBLIC6@|$PUBLIC6|g" \
        "$UPSTREAM_SOURCE/nginx.conf" >"$UPSTREAM/nginx.conf"
    background nginx nginx -p "$UPSTREAM/nginx" -e stderr -c "$UPSTREAM/nginx.conf"
    background faulty python3 "$UPSTREAM_SOURCE/faulty.py" "$UPSTREAM"
    background recorder python3 "$UPSTREAM_SOURCE/recorder.py" "$UPSTREAM" "$RECORDER"
    listening 5353 && listening 53 && listening 443 "$PUBLIC" && listening 443 "$RECORDER" &&
        listening 8443
}

upstream_stop() {
    local pid
    [ -s "$UPSTREAM/pids" ] || return 0
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done < <(tac "$UPSTREAM/pids")
    wait 2>/dev/null || true
}

# served COUNT PATTERN [LOG]: nginx has answered so many such requests. It answers first, then logs.
served() {
    local log=$UPSTREAM/${3:-access.log}
    within shows_at_least "$1" "$2" "$log"
    [ "$(grep -c -e "$2" "$log")" = "$1" ]
}

# shows_at_least COUNT PATTERN FILE: so many of its lines match
shows_at_least() {
    [ "$(grep -c -e "$2" "$3")" -ge "$1" ]
}
