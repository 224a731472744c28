# How a VM ends, and what is left of it then: nothing. Exit statuses, signals, the death of each of
# its processes, time limits, many VMs at once.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    local guest
    for guest in hello poke-spin talk triple-fault read-outside; do
        nasm -i "$root/tests/guests/" -f bin -o "$stage/$guest.bin" "$root/tests/guests/$guest.asm"
    done
    musl-gcc -static -D_GNU_SOURCE -I"$root" -o "$stage/stray" "$root/tests/probes/stray.c"
    cc -static -o "$stage/filtered" "$root/tests/probes/filtered.c"
    cp "$root/tests/probes/held.py" "$stage"
}

teardown_file() {
    jail_unstage
}

setup() {
    vm_setup life
}

teardown() {
    vm_teardown
}

# in_every_way CHECK ARGUMENT...: with a VM whose broker was asked; the check ends it
in_every_way() {
    local way
    for way in $ways; do
        vm_start "$way" --id "$VM_ID" --offline-samples
        ask_for_tweet
        "$@"
        echo "$way: status $status"
        cat log
        check_nothing_left
        supervisor=
    done
}

@test "status 0: the guest halted" {
    for way in $ways; do
        run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --exec sparkler-vmm <<<5
        [[ $status -eq 0 ]]
        check_nothing_left
    done
}

@test "status 1: the set-up failed" {
    ends_with 1 --guest /dev/null --exec sparkler-vmm
}

@test "status 2: the guest failed" {
    ends_with 2 --guest "$stage/triple-fault.bin" --exec sparkler-vmm
    ends_with 2 --guest "$stage/read-outside.bin" --exec sparkler-vmm
}

@test "status 3: the time limit, for a VM that runs and for one that waits" {
    ends_with 3 --guest "$stage/talk.bin" --timeout 1 --exec sparkler-vmm >/dev/null
    [[ $stderr == *"ended after 1 s (--timeout)"* ]]
    vm_start "${ways%% *}" --id "$VM_ID" --timeout 1
    vm_wait
    [[ $status -eq 3 ]]
    check_nothing_left
}

@test "status 4: the console was closed" {
    ends_with 4 --exec sparkler-vmm </dev/null
}

@test "status 128 + 31: a forbidden system call, explained on the log" {
    [ -z "${OPEN_FILTER:-}" ] || skip "this build has no filters"
    ends_with 159 --exec "$PROBE" -- mount
    [[ $stderr == *"sparkler-vmm was killed by SIGSYS"*"policy"* ]]
}

signalled() {
    kill -s "$1" "$supervisor"
    vm_wait
    [[ $status -eq $((128 + $(kill -l "$1"))) ]]
}

@test "SIGTERM ends everything" {
    in_every_way signalled TERM
}

@test "SIGINT ends everything" {
    in_every_way signalled INT
}

@test "SIGHUP ends everything" {
    in_every_way signalled HUP
}

@test "SIGTERM at any moment of the start ends everything" {
    for way in $ways; do
        for tries in 1 2 3 4 5; do
            vm_launch "$way" --id "$VM_ID" --exec sparkler-vmm
            until is_jailer; do :; done
            sleep "0.00$((tries * 2))"
            kill -TERM "$supervisor"
            vm_wait
            [[ $status -eq 143 ]]
            check_nothing_left
        done
    done
}

@test "a signal that does nothing to most programs does nothing to a flat guest's VM" {
    local signal
    vm_start "${ways%% *}" --id "$VM_ID" --offline-samples
    for signal in WINCH URG; do
        kill -s "$signal" "$supervisor"
        ask_for_tweet
    done
    press 5
    vm_wait
    [[ $status -eq 0 ]]
}

# signalled_early SIGNAL: a VM whose jailer gets the signal before it checks the feeds file
signalled_early() {
    strace -o /dev/null --trace clone3 --inject "clone3:signal=$1:when=1" "$JAILER" --id "$VM_ID" \
        --feeds "$stage/feeds.json" --guest "$stage/hello.bin" --exec sparkler-vmm </dev/null 3>&- &
    supervisor=$!
}

# is_stopped: the jailer below $supervisor, by a signal or, traced meanwhile, on its way there
is_stopped() {
    local pid
    pid=$(child "$supervisor" jailer) && [[ $(ps -o stat= -p "$pid") == [tT]* ]]
}

@test "nor to its start; SIGTSTP stops that until SIGCONT" {
    command -v strace >/dev/null || skip "strace is not installed"
    signalled_early WINCH
    vm_wait
    [[ $status -eq 0 ]]
    signalled_early TSTP
    within is_stopped
    until gone "$supervisor"; do
        kill -CONT "$(child "$supervisor" jailer)" 2>/dev/null || true
        sleep 0.1
    done
    vm_wait
    [[ $status -eq 0 ]]
    check_nothing_left
}

killed() {
    kill -KILL "$("$1")"
    vm_wait
    [[ $status -eq 137 ]]
    grep -q "$2 was killed by signal 9" log
}

@test "kill -9 of the VMM ends everything" {
    in_every_way killed vmm sparkler-vmm
}

@test "kill -9 of the warden ends everything" {
    in_every_way killed warden "the broker's warden"
}

# janitor_ends SIGNAL SAID: the VM does with it
janitor_ends() {
    kill -s "$1" "$(janitor)"
    vm_wait
    [[ $status -eq $((128 + $(kill -l "$1"))) ]]
    grep -q "the janitor was killed by $2" log
}

@test "kill -9 of the janitor ends everything, and so does a SIGSYS that no log explains" {
    need_root "make the cgroups that a janitor is for"
    ways="root userns" in_every_way janitor_ends KILL "signal 9"
    ways="root userns" in_every_way janitor_ends SYS "SIGSYS: it made a system call that .*dmesg"
}

supervisor_killed() {
    kill -KILL "$supervisor"
    vm_wait
    [[ $status -eq 137 ]]
}

@test "kill -9 of the supervisor ends everything" {
    in_every_way supervisor_killed
}

@test "kill -9 of the supervisor: its cgroups go, however long a process in them takes to die" {
    need_root "make cgroups"
    local process directory
    vm_start root --id "$VM_ID"
    sleep 1000 3>&- &
    process=$!
    find /sys/fs/cgroup -type d -name "$VM_ID.vmm" | while read -r directory; do
        echo "$process" >"$directory/cgroup.procs"
    done
    supervisor_killed
    sleep 4 # longer than the supervisor itself would have tried
    kill "$process"
    check_nothing_left
}

@test "kill -9 of the supervisor at any moment of the start ends everything" {
    for way in $ways; do
        for tries in 1 2 3 4 5; do
            vm_launch "$way" --id "$VM_ID" --exec sparkler-vmm
            until is_jailer; do :; done
            sleep "0.00$((tries * 2))"
            kill -KILL "$supervisor"
            vm_wait
            check_nothing_left
        done
    done
}

# killed_at CALL NUMBER: the jailer is killed when it enters this system call for the NUMBERth time;
# fails if it never did
killed_at() {
    local status=0
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) strace --output /dev/null --trace "$1" \
        --inject "$1:signal=KILL:when=$2" \
        "$JAILER" --uid "$VM_UID" --id "$VM_ID" --exec sparkler-vmm </dev/null >out 2>log 3>&- ||
        status=$?
    [[ $status -eq 137 ]]
}

@test "kill -9 of the jailer while it makes the cgroups leaves none, at every step" {
    need_root "make cgroups"
    local call number
    for call in mkdirat fchown; do
        number=1
        while killed_at "$call" "$number"; do
            cat log
            check_nothing_left
            number=$((number + 1))
        done
        echo "$call: killed at $((number - 1)) of them"
        [[ $number -gt 2 ]]
    done
}

answered_without() {
    local victim
    victim=$("$1")
    kill -KILL "$victim"
    within gone "$victim"
    ask_for_tweet
    press 5
    vm_wait
    [[ $status -eq 0 ]]
}

broker_killed() {
    answered_without broker
    grep -q 'sparkler-netbroker: killed by signal 9' log
}

@test "kill -9 of the broker: a new one answers next" {
    in_every_way broker_killed
}

resolver_killed() {
    answered_without resolver
}

@test "kill -9 of the resolver: the next answer still comes" {
    in_every_way resolver_killed
}

@test "a broker that always dies is given up, and the VM lives on" {
    DEADLINE=$((3 * DEADLINE))
    vm_start "${ways%% *}" --id "$VM_ID" --broker /bin/false
    ask_for_tweet
    cat out
    grep -q '^\[feeds: the network broker has ended' out
    press 1
    within grep -q Vendor: out
    press ' 5'
    vm_wait
    cat log
    [[ $status -eq 0 ]]
    grep -q '^sparkler-netbroker: died [0-9]* times in a row' log # it comes by the supervisor
    check_nothing_left
}

@test "the end of one VM leaves another running" {
    for way in $ways; do
        vm_start "$way" --id "$VM_ID-a"
        first=$supervisor
        mkdir -p second
        (
            cd second
            vm_start "$way" --id "$VM_ID-b"
            kill -KILL "$(vmm)"
            vm_wait
        )
        ask_for_tweet
        press 5
        vm_wait
        [[ $status -eq 0 ]]
    done
}

@test "a second VM of the same --id is refused if it would share the cgroup" {
    need_root "make cgroups"
    vm_start root --id "$VM_ID"
    run --separate-stderr jail root "$JAILER" --id "$VM_ID" --exec sparkler-vmm <<<5
    echo "$stderr"
    [[ $status -eq 1 && $stderr == *"is a VM of this --id running?" ]]
    press 5
    vm_wait
    [[ $status -eq 0 ]]
    check_nothing_left
}

# both_at_once: two VMs of one id; leaves their ends in $statuses
both_at_once() {
    local number pids=() pid
    statuses=
    for number in 1 2; do
        (become "$way" "$JAILER" --id "$VM_ID" --exec sparkler-vmm \
            <<<5 >/dev/null 2>"log.$number" 3>&-) &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        status=0
        wait "$pid" || status=$?
        statuses+=$status
    done
}

@test "two VMs of one --id at the same moment: neither removes the other's cgroup" {
    need_root "make cgroups, which is what ids must differ for"
    refused=0
    for way in root userns; do
        for ((round = 0; round < 20; round++)); do
            both_at_once
            echo "$way: $statuses"
            cat log.1 log.2
            case $statuses in
            00) ;;
            01 | 10)
                grep -q 'already exists; is a VM of this --id running' log.1 log.2
                refused=$((refused + 1))
                ;;
            *) return 1 ;;
            esac
        done
        check_nothing_left
    done
    [[ $refused -gt 0 ]]
}

@test "--daemonize: the jailer returns, the VM keeps running, SIGTERM ends it" {
    for way in $ways; do
        run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --daemonize \
            --guest "$stage/talk.bin" --exec sparkler-vmm 3>&-
        echo "$output $stderr"
        [[ $status -eq 0 && $output == "" ]]
        within pgrep -f -- "--id $VM_ID --daemonize"
        within daemon_is_there
        kill "$supervisor"
        within gone "$supervisor"
        check_nothing_left
    done
}

daemon_is_there() {
    local pid
    for pid in $(pgrep -x supervisor); do
        supervisor=$pid
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"--id $VM_ID --daemonize"* ]] || return 0
    done
    supervisor=
    return 1
}

@test "--daemonize: a failed set-up is reported to whoever started it" {
    ends_with 1 --daemonize --guest none.bin --exec sparkler-vmm
    [[ $stderr == *"the guest image none.bin"*"No such file"* ]]
}

# held WAY HOW OPTION...: a Linux program whose VM is built first (tests/probes/held.py)
held() {
    HELD=$2 run --separate-stderr jail "$1" "$stage/held.py" --id "$VM_ID" "${@:3}" </dev/null
    echo "$1: $status $output $stderr"
}

@test "--hold: the guest waits for a byte; --ready: it ends without an answer" {
    local way how
    for way in $ways; do
        for how in "start 4 started" "forsake 125 " "signal 143 "; do
            read -r how expected said <<<"$how"
            held "$way" "$how" --program /bin/busybox -- sh -c 'echo started; exit 4'
            [[ $status -eq $expected && $output == "built${said:+$'\n'$said}" ]]
            check_nothing_left
        done
    done
}

@test "--hold: what is not a FIFO; --ready: a descriptor that is not there; a set-up that fails" {
    ends_with 125 --hold /dev/null --program /bin/busybox
    [[ $stderr == "jailer: /dev/null is not a FIFO (--hold); "* ]]
    ends_with 125 --ready 9 --program /bin/busybox
    [[ $stderr == "jailer: --ready 9: no such descriptor"* ]]
    ends_with 1 --stderr 9 --exec sparkler-vmm
    held "${ways%% *}" start --program none
    [[ $status -eq 125 && $output == "" && $stderr == *"cannot open none (--program)"* ]]
    check_nothing_left
}

# with_pid_file CHECK: in every way, with the name of a $pid_file where the user may make one
with_pid_file() {
    for way in $ways; do
        install -d -m 777 "$stage/run"
        pid_file=$stage/run/vm.pid
        "$1"
        [[ -f $pid_file && ! -s $pid_file ]]
        rm -r "$stage/run"
        check_nothing_left
    done
}

tells_pid() {
    echo 4194304999999 >"$pid_file" # what a jailer of this user has left there
    [[ $way != user ]] || chown "$VM_UID" "$pid_file"
    vm_start "$way" --id "$VM_ID" --pid-file "$pid_file"
    [[ $(<"$pid_file") == "$supervisor" ]]
    press 5
    vm_wait
    [[ $status -eq 0 ]]
}

@test "--pid-file has the pid while the VM runs, and is empty afterwards" {
    with_pid_file tells_pid
}

tells_daemon() {
    run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --pid-file "$pid_file" --daemonize \
        --guest "$stage/talk.bin" --exec sparkler-vmm 3>&-
    [[ $status -eq 0 ]]
    supervisor=$(<"$pid_file")
    [[ $(ps -o comm= -p "$supervisor") == supervisor ]]
    kill "$supervisor"
    within gone "$supervisor"
}

@test "--pid-file has the pid of a daemon as soon as the jailer returns" {
    with_pid_file tells_daemon
}

@test "--daemonize: the jailer returns, too, where a filter holds it already" {
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$stage/filtered" "$JAILER" >"$stage/filtered-jailer"
    chmod +x "$stage/filtered-jailer"
    JAILER=$stage/filtered-jailer with_pid_file tells_daemon
}

refuses_second() {
    vm_start "$way" --id "$VM_ID-a" --pid-file "$pid_file"
    run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID-b" --pid-file "$pid_file" \
        --exec sparkler-vmm <<<5
    echo "$stderr"
    [[ $status -eq 1 && $stderr == *"$pid_file"*"running jailer, pid $supervisor (--pid-file)" ]]
    [[ $(<"$pid_file") == "$supervisor" ]]
    kill -KILL "$supervisor"
    vm_wait
    within taken_over
}

taken_over() {
    jail "$way" "$JAILER" --id "$VM_ID-b" --pid-file "$pid_file" --exec sparkler-vmm <<<5
}

@test "--pid-file: a running VM's is refused, a killed one's is taken over" {
    with_pid_file refuses_second
}

# refuses_file SAID: as pid file, which keeps what it has
refuses_file() {
    run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --pid-file "$pid_file" \
        --exec sparkler-vmm <<<5
    echo "$way: $status $stderr"
    [[ $status -eq 1 && $stderr == "jailer: $pid_file "*"$1"*"(--pid-file)" ]]
}

refuses_traps() {
    mkfifo -m 666 "$pid_file"
    refuses_file "is not a regular file"
    rm "$pid_file"

    echo precious >"$stage/run/precious"
    [[ $way != user ]] || chown "$VM_UID" "$stage/run/precious"
    ln "$stage/run/precious" "$pid_file"
    refuses_file "has 2 hard links"
    [[ $(<"$stage/run/precious") == precious ]]
    rm "$stage/run/precious"

    if [ "$(id -u)" = 0 ]; then
        chmod 666 "$pid_file"
        chown $((VM_UID + 2)) "$pid_file"
        refuses_file "belongs to uid $((VM_UID + 2))"
        [[ $(<"$pid_file") == precious ]]
    fi
    : >"$pid_file"
}

@test "--pid-file refuses anything but a file with one link of this user's" {
    with_pid_file refuses_traps
}

# unread KIND SIGNAL OPTION...: the status of a VM whose log takes nothing, in this $way
unread() {
    timeout --foreground --kill-after 2 $((3 * DEADLINE)) \
        python3 "$root/tests/probes/unread-log.py" "$1" "$2" spinning \
        bash -c 'become "$@"' - "$way" "$JAILER" --id "$VM_ID" "${@:3}"
}

@test "a log that nobody reads delays neither the time limit nor a signal" {
    for way in $ways; do
        for log in pipe socket disk; do
            echo "$way, $log"
            [[ $(unread $log 0 --timeout 1 --guest "$stage/poke-spin.bin" --exec sparkler-vmm) == 3 ]]
            [[ $(unread $log 15 --guest "$stage/poke-spin.bin" --exec sparkler-vmm) == 143 ]]
            check_nothing_left
        done
    done
}

@test "nor does a VMM that floods it" {
    for way in $ways; do
        for log in pipe small; do
            echo "$way, $log"
            [[ $(unread $log 0 --exec "$stage/stray" -- flood) == 0 ]]
            check_nothing_left
        done
    done
}

@test "a flood of the log is cut off and counted, and the last words are kept" {
    ends_with 0 --exec "$stage/stray" -- flood
    printed=$(grep -c '^sparkler-vmm: one of ten thousand' <<<"$stderr")
    dropped=$(sed -n 's/^jailer: \([0-9]*\) lines of the log were dropped$/\1/p' <<<"$stderr" |
        paste -s -d +)
    echo "printed $printed, dropped $dropped"
    [[ ${#stderr} -lt 80000 && $printed -gt 500 && $((printed + dropped)) -eq 10000 ]]
    grep -q '^sparkler-vmm: the last of them$' <<<"$stderr"
}

# last_line TEXT: of the log, in $stderr
last_line() {
    [[ ${stderr##*$'\n'} =~ ^"jailer: VM $VM_ID ended after "[0-9]+\.[0-9]{3}" s with status $1"$ ]]
}

@test "every end has a last line on the log: the status and the duration" {
    ends_with 2 --guest "$stage/triple-fault.bin" --exec sparkler-vmm
    last_line 2
    ends_with 3 --guest "$stage/poke-spin.bin" --timeout 1 --exec sparkler-vmm
    last_line 3
    ends_with 4 --exec sparkler-vmm </dev/null
    last_line 4
    run --separate-stderr jail "${ways%% *}" "$JAILER" --id "$VM_ID" --exec sparkler-vmm <<<5
    last_line 0
    vm_start "${ways%% *}" --id "$VM_ID"
    kill -TERM "$supervisor"
    vm_wait
    stderr=$(<log)
    last_line "143: Terminated"
}

# A VM that takes longer than the parent waits is up; on a busy machine one may.
@test "--daemonize: a VM that ends before it is up passes on its status and last line" {
    for way in $ways; do
        for _ in {1..50}; do
            run --separate-stderr jail "$way" "$JAILER" --id "$VM_ID" --daemonize \
                --exec sparkler-vmm 2>log 3>&-
            echo "$way: status $status, $stderr"
            [[ $status -eq 4 || $status -eq 0 ]]
            check_nothing_left
            [[ $status -eq 0 ]] || break
        done
        [[ $status -eq 4 ]]
        [[ $stderr == *"console's input is closed"* ]]
        last_line 4
    done
}

@test "--daemonize: the waiting parent keeps no privilege, and only the pipe" {
    need_root "start it as root"
    mkfifo hold # at which the daemon waits
    "$JAILER" --uid "$VM_UID" --id "$VM_ID" --daemonize --hold hold --exec sparkler-vmm 3>&- &
    local parent=$!
    within grep -q $'^Seccomp:\t1' "/proc/$parent/status"
    [[ $(awk '/^Uid:/ { print $2, $3, $4 }' "/proc/$parent/status") == "$VM_UID $VM_UID $VM_UID" ]]
    [[ $(awk '/^Cap(Prm|Eff|Inh|Amb):/ { print $2 }' "/proc/$parent/status" | sort -u) =~ ^0+$ ]]
    [[ $(find "/proc/$parent/fd" -type l | wc -l) -eq 1 ]]
    echo >hold # the guest then finds no console
    status=0
    wait "$parent" || status=$?
    [[ $status -eq 4 || $status -eq 0 ]] # 0 if the guest takes long to end
    check_nothing_left
}

# tells_manager SAID STATUS OPTION...: that is what a service manager hears of the VM. One that takes
# longer to fail than a VM has for it is up; on a busy machine one may.
tells_manager() {
    local name
    for name in "$stage/notify" "@$VM_ID"; do
        for _ in {1..50}; do
            # shellcheck disable=SC2016 # for bash, which becomes the jailer
            run --separate-stderr timeout --kill-after 2 $((3 * DEADLINE)) \
                "$root/tests/probes/notified.py" "$name" bash -c 'become "$@" >guest 3>&-' - \
                "$way" "$JAILER" --id "$VM_ID" "${@:3}" --exec sparkler-vmm
            echo "$way, $name: status $status, said $output, $stderr"
            [[ $status -eq $2 ]]
            check_nothing_left
            [[ -z $1 && $output == READY=1 ]] || break
        done
        [[ $output == "$1" ]]
    done
}

@test "\$NOTIFY_SOCKET: a service manager hears that the VM is up, or has ended well" {
    for way in $ways; do
        tells_manager READY=1 0 --guest "$stage/hello.bin"
        tells_manager READY=1 3 --guest "$stage/poke-spin.bin" --timeout 1
        tells_manager "" 2 --guest "$stage/triple-fault.bin"
        tells_manager "" 1 --guest none.bin
    done
}

@test "\$NOTIFY_SOCKET: a VM that is held is not up" {
    mkfifo hold
    chmod 666 hold
    way=${ways%% *}
    tells_manager "" 3 --guest "$stage/poke-spin.bin" --timeout 1 --hold "$PWD/hold"
}

@test "SIGCHLD and SIGHUP ignored, as by nohup: the VM outlives its session and ends well" {
    way=root
    [ "$(id -u)" = 0 ] || way=user
    status=0
    env --ignore-signal=CHLD "$JAILER" --id "$VM_ID" --exec sparkler-vmm <<<5 >out || status=$?
    [[ $status -eq 0 ]]
    check_nothing_left

    env --ignore-signal=HUP "$JAILER" --id "$VM_ID" --timeout $((2 * DEADLINE)) \
        --guest "$stage/poke-spin.bin" --exec sparkler-vmm </dev/null >out 2>log 3>&- &
    supervisor=$!
    within grep -q spinning out
    kill -HUP "$supervisor"
    kill -TERM "$supervisor"
    vm_wait
    [[ $status -eq 143 ]]
}

# many COUNT: so many VMs at once, each asks for a tweet and halts
many() {
    local number pids=() pid
    for number in $(seq "$1"); do
        (become "${ways%% *}" "$JAILER" --id "$VM_ID-$number" --offline-samples \
            --exec sparkler-vmm <<<'2 5' >"out.$number" 2>"log.$number" 3>&-) &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid"
    done
    [[ $(grep -l 'The guest halts' out.* | wc -l) -eq $1 ]]
    [[ $(grep -c '^\[' out.* | grep -vc ':0') -eq $1 ]]
    check_nothing_left
}

@test "20 VMs at once: each starts, is answered, and halts with 0" {
    many 20
}

@test "200 VMs at once" {
    [[ $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) -ge 4000000 ]] ||
        skip "less than 4 GB of memory are free"
    many 200
}
