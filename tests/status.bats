# jailer --status: what a VM does, in numbers that are those of the server, the kernel and the record; a
# file that is whole whenever it is read, and that Prometheus's parsers take.

bats_require_minimum_version 1.5.0

load lib
load upstream/lib

setup_file() {
    jail_stage
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o "$stage/hostile-ledger" \
        "$root/tests/probes/hostile-ledger.c"
    nasm -i "$root/tests/guests/" -f bin -o "$stage/hello.bin" "$root/tests/guests/hello.asm"
    nasm -i "$root/tests/guests/" -f bin -o "$stage/spin.bin" "$root/tests/guests/spin.asm"
    nasm -i "$root/tests/guests/" -DCOUNT=3 -f bin -o "$stage/three.bin" \
        "$root/tests/guests/ask-many.asm"
    export MISSING
    MISSING=$(upstream_missing kvm)
    [[ -n $MISSING ]] || upstream_start "$BATS_FILE_TMPDIR/upstream"
}

teardown_file() {
    [[ -z ${UPSTREAM:-} ]] || upstream_stop
    jail_unstage
}

setup() {
    vm_setup status
    python3 -c 'import prometheus_client' 2>/dev/null || skip "python3-prometheus-client is not installed"
    mkdir -m 777 "$stage/here-$BATS_TEST_NUMBER"
    here=$stage/here-$BATS_TEST_NUMBER
    file=$here/vm.prom
}

teardown() {
    vm_teardown
    [[ -z ${holder:-} ]] || kill "$holder" 2>/dev/null || true
}

# value NAME [LABEL=VALUE...]: the value of that sample of $file, which both parsers take; "" if there
# is none
value() {
    "$root/tests/probes/metrics.py" "$file" "$@"
}

# runs WAY OPTION...: a VM with $file, to its end
runs() {
    jail "$1" "$JAILER" --id "$VM_ID" --status "$file" "${@:2}" --exec sparkler-vmm </dev/null
}

# beside_servers OPTION...: the same as root, beside the servers
beside_servers() {
    [[ -z $MISSING ]] || skip "$MISSING"
    enter command "$JAILER" --id "$VM_ID" --ca "$UPSTREAM/ca.pem" --status "$file" "$@" \
        --exec sparkler-vmm 3>&-
}

# outcomes FEED: "answered cached stale denied failed" of that feed
outcomes() {
    local outcome
    for outcome in answered cached stale denied failed; do
        value sparkler_feed_questions_total "feed=$1" outcome=$outcome
    done | xargs
}

# asked PATH: how many requests for it the server has seen
asked() {
    grep -c "$1\$" "$UPSTREAM/requests.log" || true
}

# feed PATH KEYS: writes feeds.json, whose only feed is on port 0x100
feed() {
    echo "{\"feeds\": [{\"name\": \"feed\", \"ports\": {\"0x100\": {}}, \"format\": \"json\",
        \"template\": \"{/text}\", \"url\": \"https://faulty.test:8443/$1\", $2}]}" >feeds.json
}

@test "status: in every way that VMs run, of both kinds of guest, both parsers take it" {
    local way
    for way in $ways; do
        rm -rf "$file" "$here/.vm.prom.d"
        run -0 --separate-stderr runs "$way" --guest "$stage/hello.bin"
        [[ $output == hello ]]
        [[ $(value sparkler_up "vm=$VM_ID") == 0 && $(value sparkler_exit_status) == 0 ]]
        [[ $(value sparkler_feed_requests_total | xargs) == "0 0 0 0 0 0 0 0 0 0 0 0 0" ]]
        [[ $(value sparkler_feed_requests_total "feed=weather for London" port=0x103) == 0 ]]
        [[ $(stat -L -c %a "$file") == 644 ]]
        run ! --separate-stderr runs "$way" --program "$PROBE"
        [[ $(value sparkler_up) == 0 && $(value sparkler_exit_status) == "$status" ]]
        check_nothing_left
    done
}

@test "status: of 1,000 askings, as many requests as the server has seen, and answers as on the record" {
    nasm -i "$root/tests/guests/" -DCOUNT=1000 -f bin -o ask.bin "$root/tests/guests/ask-many.asm"
    feed 'good?status-thousand' '"ttl_seconds": 0, "method": "POST", "body": {"a": 1},
        "requests_per_hour": 7'
    beside_servers --feeds feeds.json --record record --guest ask.bin </dev/null >screen
    [[ $(asked 'good?status-thousand') -eq 7 && $(grep -c '^recovered$' screen) -eq 7 ]]
    [[ $(value sparkler_feed_requests_total feed=feed port=0x100) == 7 ]]
    [[ $(outcomes feed) == "7 0 0 993 0" ]]
    [[ $(value sparkler_feed_answer_bytes_total) -eq $(jq -s 'map(.bytes) | add' record) ]]
    [[ $(value sparkler_feed_budget_left_requests) == 0 ]]
    [[ -z $(value sparkler_feed_budget_left_bits) ]]
}

@test "status: without a record, what is cached, stale and denied is counted all the same" {
    feed 'good?status-outcomes' '"ttl_seconds": 3600, "requests_per_hour": 5'
    printf '2 2 2 5' >keys
    beside_servers --feeds feeds.json <keys >screen
    [[ $(asked 'good?status-outcomes') -eq 1 && $(outcomes feed) == "1 2 0 0 0" ]]
    [[ $(value sparkler_feed_requests_total) == 1 ]]
    [[ $(value sparkler_feed_budget_left_requests) == 4 && $(value sparkler_stray_questions_total) == 0 ]]
    # 0x103 is no feed here
    printf '33 5' >keys
    beside_servers --feeds feeds.json <keys >screen
    grep -q 'no feed is configured for port 0x103' screen
    [[ $(outcomes feed) == "0 0 0 0 0" && $(value sparkler_stray_questions_total) == 1 ]]
}

@test "status: the bits that a question has left are the ledger's" {
    nasm -i "$root/tests/guests/" -f bin -o numbers.bin "$root/tests/guests/ask-numbers.asm"
    echo "{\"feeds\": [{\"name\": \"number\", \"ports\": {\"0x500\": {}}, \"format\": \"json\",
        \"template\": \"{/text}\", \"url\": \"https://faulty.test:8443/good?status-bits={argument}\",
        \"argument\": {\"characters\": [\"digits\"], \"least\": 3, \"most\": 3},
        \"bits_per_hour\": 50}]}" >feeds.json
    beside_servers --feeds feeds.json --guest numbers.bin </dev/null >screen
    [[ $(asked 'good?status-bits=[0-9]*') -eq 5 && $(outcomes number) == "5 0 0 995 0" ]]
    [[ $(value sparkler_feed_budget_left_bits port=0x500) == 0.17 ]] # 50 - 5 * 9.966
    [[ -z $(value sparkler_feed_budget_left_requests) ]]
}

@test "status: names of feeds are labels, whatever is in them" {
    cat >"$here/feeds.json" <<'END'
{"feeds": [
  {"name": "a\"} 1 \\n", "ports": {"0x100": {}}, "format": "text", "url": "https://127.0.0.1/"},
  {"name": "Zürich, vm=\"x\"} \\", "ports": {"0x101": {}}, "format": "text", "url": "https://127.0.0.1/"},
  {"name": "twice", "ports": {"0x102": {}, "0x103": {}}, "format": "text", "url": "https://127.0.0.1/"}
]}
END
    run -0 --separate-stderr runs "${ways%% *}" --feeds "$here/feeds.json" --guest "$stage/three.bin"
    [[ $(outcomes 'a"} 1 \n') == "0 0 0 0 3" && $(outcomes $'Zürich, vm="x"} \\') == "0 0 0 0 0" ]]
    [[ $(value sparkler_feed_requests_total feed=twice | wc -l) -eq 2 ]]
}

@test "status: a broker that lies changes counts, but no label and no other number" {
    local mode
    for mode in forge raised; do
        echo $mode >"$here/mode"
        run -0 --separate-stderr runs "${ways%% *}" --broker "$stage/hostile-ledger" \
            --credential mode="$here/mode" --guest "$stage/three.bin"
        [[ $output == verdict* ]]
        # its --check, before any guest ran, has named one feed
        "$root/tests/probes/metrics.py" "$file" >all
        cat all
        [[ $(grep -c feed= all) -eq 8 && $(grep -c "feed=honest,.*port=0x100," all) -eq 8 ]]
        [[ $(value sparkler_feed_budget_left_requests) -le 100 ]]
        [[ $(value sparkler_up) == 0 && $(value sparkler_exit_status) == 0 ]]
    done
}

@test "status: exits are KVM's own count" {
    command -v strace >/dev/null || skip "strace is not installed"
    strace -ff -e trace=ioctl -o calls "$JAILER" --id "$VM_ID" --status "$file" \
        --guest "$stage/hello.bin" --exec sparkler-vmm </dev/null >out
    grep -q 'KVM_GET_STATS_FD, 0) *= 9$' calls.* || skip "this kernel's KVM has no such counters"
    [[ -n $(value sparkler_exits_total) ]] || skip "the VMM's descriptors cannot be taken from it here"
    local ran
    ran=$(cat calls.* | grep -c 'KVM_RUN, 0) *= 0')
    echo "$ran runs, $(value sparkler_exits_total) exits"
    # each return from KVM_RUN is an exit; KVM deals with others by itself
    [[ $(value sparkler_exits_total) -ge $ran && $ran -ge 6 ]]
    [[ $(value sparkler_exits_by_kind_total kind=halt) == 1 ]]
    # of a guest that does more, it counts more
    local few
    few=$(value sparkler_exits_total)
    runs "${ways%% *}" --guest "$stage/three.bin" --offline-samples >out
    [[ $(value sparkler_exits_total) -ge $((few + $(wc -c <out) - 10)) ]]
}

@test "status: it is written anew every ten seconds, with the kernel's numbers" {
    vm_start "${ways%% *}" --id "$VM_ID" --status "$file"
    within test -s "$file"
    [[ $(value sparkler_up) == 1 && -z $(value sparkler_exit_status) ]]
    local first
    first=$(stat -L -c %i "$file")
    is_new() {
        [[ $(stat -L -c %i "$file") != "$first" ]]
    }
    within is_new
    # of idle processes these do not change
    local process pid
    for process in sparkler-vmm:$(vmm) warden:$(warden); do
        pid=${process#*:} process=${process%:*}
        [[ $(value sparkler_process_resident_memory_bytes process="$process") -eq \
            $(awk '{ print $24 * 4096 }' "/proc/$pid/stat") ]]
        [[ $(value sparkler_process_cpu_seconds_total process="$process") == \
            $(awk '{ print ($14 + $15) / 100 }' "/proc/$pid/stat") ]]
    done
    [[ $(value sparkler_process_resident_memory_bytes process=supervisor) -gt 0 ]]
    if [[ -n $(janitor) ]]; then # there are cgroups
        [[ $(value sparkler_cgroup_memory_bytes cgroup=vmm) -gt 65536 ]]
        [[ -n $(value sparkler_cgroup_memory_bytes cgroup=broker) ]]
        [[ -z $(value sparkler_cgroup_memory_bytes cgroup=other) ]]
    else
        [[ -z $(value sparkler_cgroup_memory_bytes) ]]
    fi
    [[ -z $(value sparkler_console_bytes_total) ]] # which only a terminal has
    press 5
    vm_wait
    [[ $status -eq 0 && $(value sparkler_up) == 0 ]]
    [[ -z $(value sparkler_process_resident_memory_bytes process=sparkler-vmm) ]]
    # all of the log but that line, which is written afterwards
    [[ $(value sparkler_log_bytes_total) -eq $(wc -c <log) ]]
    check_nothing_left
}

@test "status: the CPU time of a VM that has ended is what wait4(2) says" {
    run -0 --separate-stderr python3 - "$JAILER" --id "$VM_ID" --status "$file" \
        --timeout $((2 * ${SLOWNESS:-1})) --guest "$stage/spin.bin" --exec sparkler-vmm <<'PYTHON'
import os
import sys

quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(round(1000 * (usage.ru_utime + usage.ru_stime)))
PYTHON
    [[ $(value sparkler_exit_status) == 3 ]]
    local all spinning
    all=$(value sparkler_process_cpu_seconds_total | awk '{ sum += 1000 * $1 } END { print sum }')
    spinning=$(value sparkler_process_cpu_seconds_total process=sparkler-vmm | awk '{ print 1000 * $1 }')
    echo "$spinning of $all ms of $output ms"
    # each of four is a multiple of 10 ms; of the rest, the janitor's and the check's are missing
    [[ $all -le $((output + 40)) && $all -ge $((output / 2)) && $spinning -gt $((all / 2)) ]]
}

@test "status: a terminal's bytes, and lines that the log has lost" {
    command -v script >/dev/null || skip "script(1) is not installed"
    local options="--id $VM_ID --status $file --exec sparkler-vmm"
    printf 5 >key
    "$JAILER" --id "$VM_ID" --exec sparkler-vmm <key >plain
    mkfifo keys
    exec 6<>keys # or script(1) types an end of file
    printf 5 >&6
    script --quiet --return --command "$JAILER $options" typescript <&6 >out
    exec 6>&-
    [[ $(value sparkler_console_bytes_total direction=in) == 1 ]]
    [[ $(value sparkler_console_bytes_total direction=out) -eq $(wc -c <plain) ]]
    [[ $(value sparkler_log_dropped_lines_total) == 0 ]]
    # a VMM that says more than the log takes
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o "$stage/stray" "$root/tests/probes/stray.c"
    run -0 --separate-stderr jail "${ways%% *}" "$JAILER" --id "$VM_ID" --status "$file" \
        --exec "$stage/stray" -- flood
    [[ $(value sparkler_log_dropped_lines_total) -gt 1000 ]]
    [[ $(value sparkler_log_dropped_lines_total) -eq \
        $(($(sed -n 's/^jailer: \([0-9]*\) lines of the log were dropped$/\1/p' <<<"$stderr" |
            paste -s -d +))) ]]
}

@test "status: VMs that write it one after the other, and a reader that never sees half of it" {
    runs "${ways%% *}" --guest "$stage/hello.bin" >out 2>log
    mkfifo stop
    "$root/tests/probes/read-whole.py" "$file" <stop >texts 2>torn 3>&- &
    holder=$!
    exec 6>stop
    # on a busy machine it sees few of them
    until [[ $(wc -l <texts) -gt 30 ]] || gone "$holder"; do
        runs "${ways%% *}" --guest "$stage/hello.bin" >out 2>log
    done
    exec 6>&-
    within gone "$holder"
    wait "$holder" || { cat torn; return 1; }
    holder=
    [[ $(wc -l <texts) -gt 30 ]]
}

@test "status: no room on the disk leaves it as it was, is said once, and ends nothing" {
    need_root "mount a small file system"
    unshare --mount sleep infinity 3>&- &
    holder=$!
    until [[ $(readlink /proc/$holder/ns/mnt) != "$(readlink /proc/self/ns/mnt)" ]]; do sleep 0.02; done
    nsenter --target "$holder" --mount mount -t tmpfs -o size=64k,mode=777 tmpfs "$here"
    mkfifo keys
    exec 7<>keys
    nsenter --target "$holder" --mount --wd="$PWD" -- "$JAILER" --id "$VM_ID" --uid "$VM_UID" \
        --status "$file" --exec sparkler-vmm <&7 7>&- >out 2>log 3>&- &
    supervisor=$!
    exec 7>&-
    within grep -q 'Your choice' out
    nsenter --target "$holder" --mount dd if=/dev/zero of="$here/fill" bs=4k 2>/dev/null || true
    nsenter --target "$holder" --mount cat "$file" >before
    press 5
    vm_wait
    cat log
    [[ $status -eq 0 ]]
    [[ $(grep -c '^jailer: cannot write the status: No space left on device (--status)' log) -eq 1 ]]
    nsenter --target "$holder" --mount cat "$file" | cmp - before
    [[ $(tail -1 before) == "# EOF" ]]
}

@test "status: kill -9 leaves a whole text, and the next VM replaces it" {
    is_up() {
        [[ $(value sparkler_up) == 1 ]]
    }
    local way
    for way in $ways; do
        rm -rf "$file" "$here/.vm.prom.d"
        vm_start "$way" --id "$VM_ID" --status "$file"
        within is_up
        kill -9 "$supervisor"
        vm_wait
        check_nothing_left
        [[ $(value sparkler_up) == 1 ]]
        runs "$way" --guest "$stage/hello.bin" >out 2>log
        [[ $(value sparkler_up) == 0 ]]
    done
    supervisor=
}

# refused_status SAID [OPTION...]
refused_status() {
    run --separate-stderr runs "${ways%% *}" "${@:2}" --guest "$stage/hello.bin"
    echo "$status $stderr"
    [[ $status -eq 1 && $output == "" && $stderr == "jailer: "*"(--status)"* && $stderr == *"$1"* ]]
    [[ $(wc -l <<<"$stderr") -eq 1 ]]
}

@test "status: a path that cannot be had is an error before anything starts" {
    file=$here/none/vm.prom
    refused_status "No such file or directory"
    file=$here/
    refused_status "is not the path of a file"
    file=$here/vm.prom
    echo mine >"$file"
    refused_status "exists and is not a VM's status"
    [[ $(<"$file") == mine && ! -e $here/.vm.prom.d ]]
    ln -sf /etc/passwd "$file"
    refused_status "exists and is not a VM's status"
    rm "$file"
    : >"$here/.vm.prom.d"
    refused_status "Not a directory"
    ln -sf "$BATS_TEST_TMPDIR" "$here/.vm.prom.d"
    refused_status "Not a directory"
    rm "$here/.vm.prom.d"
    vm_start "${ways%% *}" --id "$VM_ID-first" --status "$file"
    refused_status "is a running VM's"
    press 5
    vm_wait
    [[ $status -eq 0 ]]
    [[ $(id -u) -eq 0 ]] || return 0
    chown 12345 "$here/.vm.prom.d"
    refused_status "belongs to uid 12345"
}

@test "status: another user can read it, but not lock it against the next VM" {
    local way
    need_root "be two users"
    for way in $ways; do
        runs "$way" --guest "$stage/hello.bin"
        setpriv --reuid 12345 --regid 12345 --clear-groups grep -q sparkler_up "$file"
        run setpriv --reuid 12345 --regid 12345 --clear-groups flock --nonblock "$here/.vm.prom.d" true
        echo "$way: $output"
        [[ $output == *"Permission denied"* ]]
        rm -r "$here/.vm.prom.d" "$file"
    done
}

@test "status: a fleet's files in one directory, scraped through the node exporter" {
    command -v prometheus-node-exporter >/dev/null || skip "prometheus-node-exporter is not installed"
    need_root "make a network namespace"
    local vm pids=()
    for vm in 1 2 3 4 5; do
        become "$(cut -d ' ' -f $((vm % 3 + 1)) <<<"$ways")" "$JAILER" --uid $((VM_UID + 2 * vm)) \
            --id "$VM_ID-$vm" --status "$here/$vm.prom" --guest "$stage/hello.bin" \
            --exec sparkler-vmm </dev/null >"out-$vm" 2>"log-$vm" 3>&- &
        pids+=($!)
    done
    wait "${pids[@]}"
    # shellcheck disable=SC2016 # for the shell that unshare starts
    unshare --net bash -c 'ip link set lo up
        exec setpriv --reuid 65534 --regid 65534 --clear-groups prometheus-node-exporter \
            --web.listen-address=127.0.0.1:9100 --collector.disable-defaults --collector.textfile \
            --collector.textfile.directory="$1"' - "$here" >exporter 2>&1 3>&- &
    holder=$!
    scraped() {
        nsenter --target "$holder" --net curl --silent --fail --noproxy '*' \
            http://127.0.0.1:9100/metrics >metrics
    }
    within scraped
    cat exporter
    grep -c ^sparkler_ metrics
    [[ $(grep -c '^sparkler_up{vm="'"$VM_ID"'-[1-5]"} 0$' metrics) -eq 5 ]]
    [[ $(grep -c '^sparkler_feed_questions_total{.*vm="'"$VM_ID"'-3"} 0$' metrics) -eq 65 ]]
    grep -q '^node_textfile_scrape_error 0$' metrics
}

@test "status: an audit finds the supervisor as its files say" {
    need_root "read the filters of a process"
    local way
    for way in $ways; do
        rm -rf "$file" "$here/.vm.prom.d"
        vm_start "$way" --id "$VM_ID" --status "$file"
        run -0 "$build/sparkler-policy" audit --all "$VM_ID"
        [[ $output == *"all agree with the files" ]]
        press 5
        vm_wait
    done
}
