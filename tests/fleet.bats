#!/usr/bin/env bats
# 200 brokers behind one caching nginx (upstream/fleet-cache.conf), like a fleet of hosts; 20 on a
# slow machine, where 200 requests take longer than a feed's limit.

load upstream/lib

BROKER=${BUILD:-build}/sparkler-netbroker
BROKERS=$((${SLOWNESS:-1} > 1 ? 20 : 200))
URL="https://upstream.test:9443/open-meteo/v1/forecast?fleet"

# start_cache SECONDS PORT: with the configuration as shipped, but another period and this machine's
# paths
start_cache() {
    cache_conf "$1" "$2" >"$UPSTREAM/cache-$2.conf"
    background "cache-$2" nginx -p "$UPSTREAM/nginx" -e stderr -c "$UPSTREAM/cache-$2.conf"
    listening "$2"
}

cache_conf() {
    cat <<END
daemon off; master_process off; user root root; pid $UPSTREAM/cache-$2.pid; error_log stderr;
events { worker_connections 2048; }
http {
    access_log $UPSTREAM/cache-$2-access.log;
    client_body_temp_path $UPSTREAM/nginx; proxy_temp_path $UPSTREAM/nginx;
    fastcgi_temp_path $UPSTREAM/nginx; uwsgi_temp_path $UPSTREAM/nginx;
    scgi_temp_path $UPSTREAM/nginx;
    $(sed -e "s|/var/cache/nginx/feeds|$UPSTREAM/cache-$2|" -e "s|200 15m|200 ${1}s|" \
        -e "s|/etc/ssl/feeds.pem|$UPSTREAM/good.pem|" \
        -e "s|/etc/ssl/private/feeds.key|$UPSTREAM/good.key|" \
        -e "s|/etc/ssl/certs/ca-certificates.crt|$UPSTREAM/ca.pem|" -e "s|listen 443|listen $2|" \
        "$BATS_TEST_DIRNAME/upstream/fleet-cache.conf")
}
END
}

setup_file() {
    cd "$BATS_TEST_DIRNAME/.."
    export MISSING=$(upstream_missing)
    [ -z "$MISSING" ] || return 0
    upstream_start "$BATS_FILE_TMPDIR/upstream"
    printf '{"feeds": [{"name": "weather", "ports": {"0x500": {}}, "url": "%s", "ttl_seconds": 1,
        "format": "json", "template": "latitude {/latitude}", "connect_ms": 25000,
        "total_ms": 25000}]}' "$URL" >"$UPSTREAM/feeds.json"
    start_cache 3600 9443
    start_cache 1 9444
}

teardown_file() {
    [ -n "$MISSING" ] || upstream_stop
}

setup() {
    [ -z "$MISSING" ] || skip "$MISSING"
    cd "$BATS_TEST_DIRNAME/.."
}

fleet() {
    inside tests/probes/fleet.py $BROKERS "$BROKER" "$UPSTREAM/feeds.json" "$UPSTREAM/ca.pem" \
        0x500 "$@" 3>&-
}

@test "the origin sees one request, and all brokers get its answer" {
    run fleet "run:sleep 1.1" again
    echo "$output"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 2 ]
    [[ ${lines[0]} == "$BROKERS latitude "* ]]
    [ "${lines[1]}" = "${lines[0]}" ]
    served 1 'v1/forecast?fleet'
    served $((2 * BROKERS)) forecast cache-9443-access.log
}

@test "with a dead origin, the cache serves the old answer" {
    sed -i 's/:9443/:9444/' "$UPSTREAM/feeds.json"
    run fleet "run:kill $(cat "$UPSTREAM/nginx.pid")" "run:sleep 2.1" again
    echo "$output"
    [ "${#lines[@]}" = 2 ]
    [[ ${lines[0]} == "$BROKERS latitude "* ]]
    [ "${lines[1]}" = "${lines[0]}" ]
}
