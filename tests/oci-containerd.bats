# Containers by containerd, through its own shim (io.containerd.runc.v2) and ctr.

bats_require_minimum_version 1.5.0

load oci/lib

setup_file() {
    containerd_stage
}

teardown_file() {
    containerd_unstage
}

setup() {
    need_engine
    cd "$BATS_TEST_TMPDIR"
    id=sparkler-test-$BATS_TEST_NUMBER-$$
    echo "$id" >>"$stage/ids"
    mkdir fifos
}

teardown() {
    [ -z "$OCI_MISSING" ] || return 0
    if [ -n "$(ctr task ls --quiet)" ]; then
        ctr task kill --signal KILL "$id" || true # it may have ended
        within status_is STOPPED
        ctr task delete "$id" || true # ctr warns of statuses by its own
    fi
    [ -z "$(ctr container ls --quiet)" ] || ctr container rm "$id"
    check_no_container_left
}

# run_container [OPTION...] -- IMAGE [COMMAND...]
run_container() {
    local options=()
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    ctr run --runc-binary "$runtime" --fifo-dir "$PWD/fifos" "${options[@]}" \
        "localhost/$2:latest" "$id" "${@:3}"
}

# start SCRIPT [OPTION...]: a shell in the background that runs it; it has printed "up" to ./log
start() {
    run_container --detach --log-uri "file://$PWD/log" "${@:2}" -- busybox sh -c "echo up; $1"
    within grep -q up log
}

status_is() {
    [[ $(ctr task ls | awk -v id="$id" '$1 == id { print $3 }') == "$1" ]]
}

@test "run: output, input, status, and nothing is left of the container" {
    run -0 run_container --rm -- hello
    [[ $output == hello ]]
    run -42 --separate-stderr run_container --rm -- busybox \
        sh -c 'read line; echo "read $line"; echo error >&2; exit 42' < <(sleep 1 && echo typed)
    [[ $output == "read typed" && $stderr == error ]]
    [[ -z $(ctr task ls --quiet) && -z $(ctr container ls --quiet) ]]
}

@test "a task is listed, killed and deleted, its container removed" {
    start 'while :; do sleep 0.1; done'
    status_is RUNNING
    ctr task kill --signal KILL "$id"
    within status_is STOPPED
    ctr task delete "$id"
    ctr container rm "$id"
    [[ -z $(ctr container ls --quiet) ]]
}

@test "task kill: SIGTERM reaches the program" {
    start 'trap "echo terminated; exit 3" TERM; while :; do sleep 0.1; done'
    ctr task kill "$id"
    within status_is STOPPED
    within grep terminated log # which the shim still writes
}

@test "task kill: of one that has ended is 'not found', which a kubelet that stops a Pod takes as done" {
    start 'exit 0'
    within status_is STOPPED
    run ! ctr task kill "$id"
    [[ $output == *"process already finished: not found"* ]]
}

# events_come: to ./events, which has one of this change then
events_come() {
    ctr image label localhost/busybox:latest "test=$SECONDS" >/dev/null
    grep -q /images/update events
}

@test "events: create, start, exit with the status, delete" {
    ctr events >events 2>&1 &
    local follower=$!
    within events_come
    run -5 run_container --rm -- busybox sh -c 'exit 5'
    within grep -q /tasks/delete events
    kill "$follower"
    local topic
    for topic in /tasks/create /tasks/start '/tasks/exit .*"exit_status":5' /tasks/delete; do
        grep -E "$topic" events
    done
}

@test "task metrics: memory and processor time" {
    start 'while :; do sleep 0.1; done'
    ctr task metrics "$id" | tee metrics
    grep -E '^(memory.usage_in_bytes|memory.usage) +[1-9]' metrics
    grep -E '^(cpuacct.usage|cpu.usage_usec) +[1-9]' metrics
}

@test "task ps: the container's process" {
    start 'while :; do sleep 0.1; done'
    local pid
    pid=$(ctr task ls | awk -v id="$id" '$1 == id { print $2 }')
    ctr task ps "$id" | grep -E "^$pid\b"
}

@test "run --env, --cwd, --read-only, --memory-limit, --pid-file" {
    run -0 run_container --rm --env COLOUR=blue --cwd /home/guest -- busybox sh -c 'echo $COLOUR; pwd'
    [[ $output == $'blue\n/home/guest' ]]
    run -1 --separate-stderr run_container --rm --read-only -- busybox touch /file
    [[ $stderr == *"Read-only file system"* ]]
    start 'while :; do sleep 0.1; done' --memory-limit $((64 << 20)) --pid-file pid
    ctr task metrics "$id" | grep -E '^memory.(limit_in_bytes|usage_limit) '
    [[ -d /proc/$(<pid) ]]
}

@test "run --tty: a terminal" {
    run -0 script --quiet --return --command "$(
        printf '%q ' ctr run --rm --tty --runc-binary "$runtime" --fifo-dir "$PWD/fifos" \
            localhost/busybox:latest "$id" sh -c 'test -t 0 && tty'
    )" /dev/null
    [[ $output == *"/dev/"* ]]
}

@test "what does not start is an error, with nothing left" {
    run ! run_container --rm -- busybox /bin/none
    [[ $output == *"/bin/none"* ]]
    [[ -z $(ctr task ls --quiet) && -z $(ctr container ls --quiet) ]]
}

@test "the shim is killed: the container ends" {
    start 'while :; do sleep 0.1; done'
    local pid shim
    pid=$(ctr task ls | awk -v id="$id" '$1 == id { print $2 }')
    shim=$(pgrep -f "containerd-shim-runc-v2 .*-id $id ")
    kill -KILL "$shim"
    within gone "$pid"
}
