# What the rules of the policies are needed for: the real processes make each of these calls.
# prove-policy takes rules away and sees which of these tests breaks.

bats_require_minimum_version 1.5.0

load upstream/lib

# prove-policy runs this file many times with one upstream of its own
setup_file() {
    export root="$BATS_TEST_DIRNAME/.."
    export build="$(realpath "$root/${BUILD:-build}")"
    export MISSING=$(upstream_missing kvm) SHARED=${UPSTREAM:-}
    [[ -n $MISSING || -n $SHARED ]] || upstream_start "$BATS_FILE_TMPDIR/upstream"
}

teardown_file() {
    [[ -n $MISSING || -n $SHARED ]] || upstream_stop
}

setup() {
    [[ -z $MISSING ]] || skip "$MISSING"
    cd "$BATS_TEST_TMPDIR"
    id="rules-$$-$BATS_TEST_NUMBER"
    limit=$((20 * ${SLOWNESS:-1})) # seconds
    cat >feeds.json <<'END'
{"feeds": [
  {"name": "four", "ports": {"0x100": {}}, "url": "https://upstream.test/original-tweet.json",
   "format": "original-tweet"},
  {"name": "six", "ports": {"0x101": {}}, "url": "https://six.test/original-tweet.json",
   "format": "original-tweet"},
  {"name": "many", "ports": {"0x102": {}}, "url": "https://many.odd.test:8443/good",
   "format": "json", "template": "{/text}", "connect_ms": 1000},
  {"name": "both", "ports": {"0x104": {}}, "url": "https://both.test/original-tweet.json",
   "format": "original-tweet"},
  {"name": "slow", "ports": {"0x103": {}}, "url": "https://silent.odd.test:8443/good",
   "format": "json", "template": "{/text}"}
]}
END
}

teardown() {
    [[ -z ${jailer:-} ]] || kill -9 "$jailer" 2>/dev/null || true
    [[ -z ${intruder:-} ]] || kill "$intruder" 2>/dev/null || true
    for _ in {1..100}; do # a program that prove-policy has changed may leave cgroups
        [[ -n $(cgroups) ]] || break
        cgroups | xargs -r rmdir 2>/dev/null || sleep 0.02
    done
}

# monitor_run [OPTION...]: runs a monitor in its jail, in the background; `keys` presses its keys
monitor_run() {
    mkfifo keys
    enter exec "$build/jailer" --id "$id" --ca "$UPSTREAM/ca.pem" "$@" \
        --exec sparkler-vmm <keys >screen 2>log 3>&- &
    jailer=$!
    exec 8>keys
}

# monitor_start [OPTION...]: the same, and waits for its menu
monitor_start() {
    monitor_run "$@"
    shown "Your choice"
}

keys() {
    printf '%s' "$1" >&8
}

# shown TEXT [FILE]: waits until the text is on the screen, or in FILE, or a process has died
shown() {
    for ((try = 0; try < 30 * limit; try++)); do
        ! grep -q -e "$1" "${2:-screen}" || return 0
        ! grep -q -e 'signal 31' -e SIGSYS -e 'the resolver died' log || break
        kill -0 "$jailer" 2>/dev/null || break
        sleep 0.02
    done
    cat screen log
    return 1
}

# monitor_end STATUS: waits for the VM to end, with that status and no forbidden call
monitor_end() {
    local status=0
    wait "$jailer" || status=$?
    jailer=
    cat log
    echo "status $status"
    [[ $status -eq $1 ]]
    run ! grep -e 'signal 31' -e SIGSYS -e 'the resolver died' log
}

# process NAME: prints the pid of the VM's process of that name
process() {
    local parents=$jailer found
    while [[ -n $parents ]]; do
        found=$(pgrep -P "$parents" -x "$1") && { echo "$found"; return; }
        parents=$(pgrep -d, -P "$parents") || return 1
    done
    return 1
}

# ask_silence KEYS: presses those that ask the feed "slow", until the DNS has heard of it, and says nothing
ask_silence() {
    local query=' query.* silent.odd.test from ' log=$UPSTREAM/dnsmasq.log heard
    heard=$(grep -c "$query" "$log" || true)
    keys "$1"
    within shows_at_least $((heard + 1)) "$query" "$log"
}

# paused NAME: stops the process, and continues it when the kernel says that it has stopped
paused() {
    local pid
    pid=$(process "$1" || echo "$jailer")
    kill -STOP "$pid"
    until grep -q $'^State:\tT' "/proc/$pid/status"; do sleep 0.02; done
    kill -CONT "$pid"
}

cgroups() {
    find /sys/fs/cgroup -maxdepth 3 -name "$id.*"
}

# cgroups_gone: waits until the VM's cgroups are removed
cgroups_gone() {
    for ((try = 0; try < 10 * limit; try++)); do
        [[ -n $(cgroups) ]] || return 0
        sleep 0.02
    done
    cgroups
    return 1
}

@test "vmm-boot: a console that does not block is made blocking" {
    timeout --kill-after 5 "$limit" python3 -c 'if True:
        import os, sys
        os.set_blocking(0, False)
        os.set_blocking(1, False)
        os.execv(sys.argv[1], sys.argv[1:])' "$build/jailer" --id "$id" --exec sparkler-vmm \
        < <(sleep 0.3; printf 5) | cat >screen
    grep "The guest halts." screen
}

@test "vmm-boot: the guest's memory is locked" {
    timeout --kill-after 5 "$limit" "$build/jailer" --id "$id" --lock-memory --exec sparkler-vmm <<<5 >screen
    grep "The guest halts." screen
}

@test "vmm-boot: a bad guest image is reported on the log" {
    : >empty.bin
    run timeout --kill-after 5 "$limit" "$build/jailer" --id "$id" --guest empty.bin --exec sparkler-vmm
    echo "$output, status $status"
    [[ $status -eq 1 && $output == *"sparkler-vmm: "*"empty"* ]]
}

@test "vmm: what a talkative guest printed last is shown while it spins" {
    nasm -i "$root/tests/guests/" -f bin -o talk-spin.bin "$root/tests/guests/talk-spin.asm"
    monitor_run --guest talk-spin.bin
    shown spinning
    kill -TERM "$jailer"
    monitor_end 143
}

# with_kernel GUEST: a jailer of its own, for which this guest is the kernel of Linux programs
with_kernel() {
    mkdir "$1"
    cp "$build"/{jailer,sparkler-vmm,sparkler-netbroker,feeds.json} "$1"
    nasm -i "$root/tests/guests/" -f bin -o "$1/linux.bin" "$root/tests/guests/$1.asm"
}

@test "vmm-linux: a program's input, its output, its errors, and a feed" {
    run --separate-stderr inside timeout --kill-after 5 "$limit" "$build/jailer" --id "$id" \
        --ca "$UPSTREAM/ca.pem" --program /bin/busybox -- cat - /feeds/weather/London /none <<<typed
    echo "status $status: $output"
    echo "$stderr"
    [[ $status -eq 1 && $output == typed*"Max. temp: "* && $stderr == *"/none"* ]]
}

@test "vmm-linux: the tick, waits, and lines for the log" {
    with_kernel ticks
    mkfifo empty
    run timeout --kill-after 5 "$limit" ticks/jailer --id "$id" --program /bin/true <>empty
    echo "status $status: $output"
    [[ $status -eq 0 ]]
    with_kernel calls
    printf 0123456789 >digits
    run timeout --kill-after 5 "$limit" calls/jailer --id "$id" --mem 4M --program /bin/true <digits
    echo "status $status"
    [[ $status -eq 0 ]]
}

@test "vmm-boot: a program's standard error that does not block is made blocking" {
    run --separate-stderr timeout --kill-after 5 "$limit" python3 -c 'if True:
        import os, sys
        os.set_blocking(2, False)
        os.execv(sys.argv[1], sys.argv[1:])' "$build/jailer" --id "$id" --program /bin/busybox -- \
        cat /none
    echo "status $status: $stderr"
    [[ $status -eq 1 && $stderr == *"/none"* ]]
}

@test "warden: the feeds file is checked; the broker starts, asks, answers and is reaped" {
    monitor_start --feeds feeds.json
    keys '2 '
    shown "What you type most"
    keys '5'
    monitor_end 0
}

@test "a session: tweet, weather and air quality, from the key to the servers and back" {
    monitor_start
    keys '2 31 41 5'
    shown "Max. temp: 12.40"
    monitor_end 0
}

@test "warden: a server with IPv6 only" {
    monitor_start --feeds feeds.json
    keys '31'
    shown "What you type most"
    keys ' 5'
    monitor_end 0
}

@test "warden: a server with IPv4 and IPv6, to be sorted" {
    monitor_start --feeds feeds.json
    keys '34'
    shown "What you type most"
    keys ' 5'
    monitor_end 0
}

@test "warden: a DNS answer that needs TCP" {
    monitor_start --feeds feeds.json
    keys '32'
    shown '^\[many: \|recovered'
    keys ' 5'
    monitor_end 0
}

# with_name_server ADDRESS KEYS TEXT: with it in resolv.conf, the guest gets the text
with_name_server() {
    echo "nameserver $1" >"$UPSTREAM/resolv.conf"
    monitor_start --feeds feeds.json
    keys "$2"
    shown "$3" || failed=yes
    echo "nameserver 127.0.0.1" >"$UPSTREAM/resolv.conf"
    [[ -z ${failed:-} ]]
    keys ' 5'
    monitor_end 0
}

@test "warden: a name server that is asked by IPv6" {
    with_name_server ::ffff:127.0.0.1 2 "What you type most"
}

@test "warden: a name server whose answer needs TCP, by IPv6" {
    with_name_server ::ffff:127.0.0.1 32 '^\[many: \|recovered'
}

@test "warden: a VMM that breaks the link's protocol is dropped" {
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o stray "$root/tests/probes/stray.c"
    run -0 --separate-stderr timeout --kill-after 5 "$limit" "$build/jailer" --id "$id" \
        --exec "$PWD/stray" -- frame
    [[ $stderr == *"broke the link's protocol"* ]]
}

@test "warden: warden, broker and resolver can be stopped and continued" {
    monitor_start --feeds feeds.json
    paused warden
    keys '2'
    shown "What you type most"
    paused sparkler-netbro
    ask_silence ' 33'
    paused resolver
    shown '^\[slow: '
    keys ' 5'
    monitor_end 0
}

# limit_memory PID: done as the process's user, since root here may lack CAP_SYS_RESOURCE
limit_memory() {
    local uid gid become=()
    uid=$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$1/status")
    gid=$(sed -n 's/^Gid:\t\([0-9]*\).*/\1/p' "/proc/$1/status")
    [[ $(id -u) -ne 0 ]] || become=(setpriv --reuid "$uid" --regid "$gid" --clear-groups)
    "${become[@]}" prlimit --pid "$1" --data=4096:4096
}

# without_memory NAME KEY TEXT: the process gets no more memory from before its first connection,
# and the feed is still answered with the text
without_memory() {
    monitor_start --feeds feeds.json
    ask_silence 33
    limit_memory "$(process "$1")"
    shown '^\[slow: '
    keys " 3$2"
    shown "$3"
    keys ' 5'
    monitor_end 0
}

@test "netbroker: running out of memory makes no forbidden call" {
    without_memory sparkler-netbro 1 "What you type most\|^\[six: "
}

@test "resolver: running out of memory makes no forbidden call" {
    [[ -z ${SANITIZED:-} ]] || skip "AddressSanitizer ends a program that runs out of memory"
    without_memory resolver 2 '^\[many: \|recovered'
}

@test "supervisor: lines of both logs reach the user" {
    monitor_start --feeds feeds.json
    keys '2'
    shown "What you type most"
    kill -9 "$(process sparkler-netbro)"
    shown "sparkler-netbroker: killed by signal 9" log
    keys ' 5'
    monitor_end 0
    nasm -i "$root/tests/guests/" -f bin -o no-device.bin "$root/tests/guests/no-device.asm"
    run -0 --separate-stderr timeout --kill-after 5 "$limit" "$build/jailer" --id "$id" \
        --guest no-device.bin --exec sparkler-vmm
    [[ $stderr == *"sparkler-vmm: "* ]]
}

@test "supervisor: it ends the VM at its time limit, and removes its cgroups" {
    needs_cgroups
    monitor_run --timeout 1
    monitor_end 3
    grep "the VM was ended after 1 s " log
    [[ -z $(cgroups) ]]
}

@test "supervisor: it ends the VM at a signal" {
    monitor_start
    kill -TERM "$jailer"
    monitor_end 143
}

@test "supervisor: it forwards signals to a Linux program" {
    musl-gcc -static -O2 -o signalled "$root/tests/probes/signalled.c"
    local signal
    for signal in HUP INT QUIT TERM; do
        rm -f screen
        enter exec "$build/jailer" --id "$id" --program ./signalled -- idle \
            </dev/null >screen 2>log 3>&- &
        jailer=$!
        shown ready
        kill -s "$signal" "$jailer"
        monitor_end $((128 + $(kill -l "$signal")))
        run ! grep "the VM was ended" log
    done
}

@test "supervisor: it tells a Linux program that its terminal has another size" {
    run -0 timeout --kill-after 5 "$limit" python3 "$root/tests/probes/resize.py" \
        "$build/jailer" --id "$id" --program /bin/busybox -- sh -c \
        'trap "stty size" WINCH; echo ready; while :; do sleep 1; done'
}

# held WAY OPTION...: a VM that is held until it is built (tests/probes/held.py)
held() {
    HELD=$1 JAILER=$build/jailer run --separate-stderr enter "timeout --kill-after 5 $limit" \
        "$root/tests/probes/held.py" --id "$id" "${@:2}" </dev/null
    echo "status $status, $output, $stderr"
}

@test "supervisor: it forwards a signal that only programs have a use for" {
    enter exec "$build/jailer" --id "$id" --program /bin/busybox -- sh -c \
        'trap "exit 6" USR1; echo ready; while :; do sleep 1; done' </dev/null >screen 2>log 3>&- &
    jailer=$!
    shown ready
    kill -s USR1 "$jailer"
    monitor_end 6
}

@test "supervisor: it tells its creator that the VM is built, and starts the guest when told" {
    held start --program /bin/busybox -- sh -c 'echo started; exit 4'
    [[ $status -eq 4 && $output == "built"*"started" ]]
    held forsake --program /bin/busybox -- sh -c 'echo started'
    [[ $status -eq 125 && $output == "built" && $stderr == *"creator has gone"* ]]
}

@test "supervisor: it shows a program's standard error on a terminal that is not its log" {
    held terminal --program /bin/busybox -- sh -c 'echo seen >&2'
    [[ $status -eq 0 && $output == *"seen"* && $stderr == "" ]]
}

@test "supervisor: it says how the VMM was killed" {
    monitor_start
    kill -9 "$(process sparkler-vmm)"
    monitor_end 137
    grep "sparkler-vmm was killed by signal 9" log
}

@test "supervisor: it empties its pid file" {
    monitor_start --pid-file pid
    [[ $(<pid) == "$jailer" ]]
    keys '5'
    monitor_end 0
    [[ -f pid && ! -s pid ]]
}

@test "supervisor: it grants what the broker asks, and records it" {
    monitor_start --feeds feeds.json --record record
    keys '2'
    shown "What you type most"
    keys ' 5'
    monitor_end 0
    [[ $(jq -r .outcome record | xargs) == "asked answered" ]]
}

@test "supervisor: it writes its status, and replaces it" {
    monitor_start --status status
    shown '^sparkler_up{.*} 1$' status
    first=$(stat -L -c %i status) # a new text each ten seconds; the third is in the first's place
    while kill -0 "$jailer" 2>/dev/null && [[ $(stat -L -c %i status) == "$first" ]]; do
        sleep 0.1
    done
    [[ $(stat -L -c %i status) != "$first" ]]
    keys '5'
    monitor_end 0
    grep -q '^sparkler_up{.*} 0$' status
}

@test "supervisor: it can be stopped and continued" {
    monitor_start
    paused supervisor
    keys '5'
    monitor_end 0
}

@test "supervisor: it ends a VM that floods its log, a socket that nobody reads" {
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o stray "$root/tests/probes/stray.c"
    run -0 timeout --kill-after 5 "$limit" python3 "$root/tests/probes/unread-log.py" small 0 - \
        "$build/jailer" --id "$id" --timeout 5 --exec "$PWD/stray" -- flood
    [[ $output == 0 || $output == 3 ]]
}

@test "supervisor: it tells a daemon's parent how it started, and closes the terminal" {
    run timeout --kill-after 5 "$limit" script -qec \
        "'$build/jailer' --id '$id' --daemonize --exec sparkler-vmm" screen </dev/null
    cat screen
    [[ $status -eq 4 || $status -eq 0 ]] # 0 if the guest takes long to end
}

@test "supervisor: it says so if a cgroup cannot be removed" {
    needs_cgroups
    monitor_start
    sleep 30 3>&- &
    intruder=$!
    for cgroup in $(cgroups); do
        echo "$intruder" >"$cgroup/cgroup.procs"
    done
    kill "$jailer"
    monitor_end 143
    kill "$intruder"
    wait "$intruder" || true
    intruder=
    cgroups | xargs -r rmdir
    grep "cannot remove the cgroup " log
}

@test "supervisor: keys and text of a terminal, Ctrl-Z and back" {
    run -0 timeout --kill-after 5 "$limit" python3 "$root/tests/probes/suspend.py" \
        "$build/jailer" --id "$id" --exec sparkler-vmm
    [[ $output == *"stopped with the mode of before"*"The guest halts."*"ended with 0"* ]]
}

needs_cgroups() {
    [[ $(id -u) -eq 0 ]] || skip "cgroups here need root"
    [[ -d /sys/fs/cgroup/memory || -e /sys/fs/cgroup/cgroup.controllers ]] ||
        skip "no cgroups are mounted"
}

@test "janitor: it removes the cgroups when the supervisor is killed, and ends normally" {
    needs_cgroups
    monitor_start
    [[ -n $(cgroups) ]]
    janitor=$(process janitor)
    kill -9 "$jailer"
    cgroups_gone
    while [[ -e /proc/$janitor ]]; do sleep 0.02; done
    run ! grep "type=1326 .* pid=$janitor " <(dmesg)
}

@test "janitor: it can be stopped and continued" {
    needs_cgroups
    monitor_start
    paused janitor
    kill -9 "$jailer"
    cgroups_gone
}

@test "janitor: it says so if a cgroup cannot be removed" {
    needs_cgroups
    monitor_start
    sleep 30 3>&- &
    intruder=$!
    for cgroup in $(cgroups); do
        echo "$intruder" >"$cgroup/cgroup.procs"
    done
    kill -9 "$jailer"
    for ((try = 0; try < 10 * limit; try++)); do
        ! grep -q "cannot remove the cgroup " log || break
        sleep 0.05
    done
    kill "$intruder"
    wait "$intruder" || true
    intruder=
    grep "cannot remove the cgroup " log
    cgroups_gone
}
