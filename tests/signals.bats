# Signals to the jailer of a Linux program: the program gets the first one; a second one, or ten
# seconds, ends the VM.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    musl-gcc -static -O2 -Wall -Wextra -Werror -o "$stage/signalled" \
        "$root/tests/probes/signalled.c"
}

teardown_file() {
    jail_unstage
}

setup() {
    vm_setup signals
}

teardown() {
    vm_teardown
}

# start WAY MODE: the program of that mode, until it is ready for signals
start() {
    vm_launch "$1" --id "$VM_ID" --program "$stage/signalled" -- "$2"
    within grep -q ready out
}

# send SIGNAL [SAID]: to the jailer; and waits for what the program says to it
send() {
    kill -s "$1" "$supervisor"
    [[ $# -eq 1 ]] || within grep -q "$2" out
}

# ends STATUS: the VM does
ends() {
    vm_wait
    echo "status $status"
    cat out log
    [[ $status -eq $1 ]]
    check_nothing_left
    supervisor=
}

@test "SIGTERM reaches the program, which ends as it likes, waiting or computing" {
    local way mode
    for way in $ways; do
        for mode in pause spin; do
            start "$way" "$mode"
            send TERM
            ends 3
            grep 'signal 15' out
        done
    done
}

@test "SIGHUP, SIGINT and SIGQUIT reach the program; a second signal ends the VM" {
    local way signal
    for way in $ways; do
        for signal in HUP INT QUIT; do
            start "$way" spin
            send "$signal" "signal 0$(kill -l "$signal")"
            send TERM
            ends 143
            run ! grep 'signal 15' out
        done
    done
}

@test "a signal that the program does not handle ends it, waiting or computing" {
    local mode signal
    for mode in idle default; do
        for signal in HUP INT QUIT TERM; do
            start "${ways%% *}" "$mode"
            send "$signal"
            ends $((128 + $(kill -l "$signal")))
            run ! grep -i 'terminated' log # the VM ended by itself
        done
    done
}

@test "a program that ignores signals is ended by a second one" {
    start "${ways%% *}" ignore
    send INT
    send TERM # which is also the second one if both are pending
    ends 143
}

@test "a program that ignores a signal is ended ten seconds later, like docker stop" {
    start "${ways%% *}" ignore
    send TERM
    ends 137
    grep 'the VM was ended: 10 seconds after signal 15' log
}

@test "a signal right at the start is not lost, however far the VM is" {
    local way delay
    for way in $ways; do
        for delay in 0.001 0.003 0.005 0.007 0.010 0.015; do
            vm_launch "$way" --id "$VM_ID" --program "$stage/signalled" -- default
            until is_jailer; do :; done
            sleep "$delay"
            send TERM
            ends 143
        done
    done
}

@test "nor is one that comes while the VMM still closes its locks" {
    need_root "start a VMM that is root's at first"
    command -v strace >/dev/null || skip "strace is not installed"
    strace -f -o /dev/null --trace pivot_root --inject pivot_root:delay_enter=3000000 "$JAILER" \
        --uid "$VM_UID" --id "$VM_ID" --program "$stage/signalled" -- default >out 2>log 3>&- &
    supervisor=$!
    within child "$supervisor" supervisor
    kill -USR1 "$(child "$supervisor" supervisor)"
    ends 138
}

@test "no signal is lost between the guest's look for one and its wait" {
    local mode count
    for mode in pause spin; do
        start "${ways%% *}" "$mode"
        within vmm >/dev/null
        for ((count = 1; count <= 200; count++)); do
            kill -INT "$(vmm)"
            within said "$count"
        done
        send TERM
        ends 3
    done
}

# said COUNT: the program has said so often that SIGINT came
said() {
    [[ $(grep -c 'signal 02' out) -ge $1 ]]
}

@test "a VM that is stopped goes on for a signal" {
    start "${ways%% *}" pause
    send TSTP
    within stopped
    send TERM
    kill -CONT "$supervisor"
    ends 3
}

stopped() {
    [[ $(ps -o stat= -p "$supervisor") == T* && $(ps -o stat= -p "$(vmm)") == T* ]]
}
