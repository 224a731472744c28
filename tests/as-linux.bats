# The kernel in the guest against Linux itself: each program of tests/linux runs here and in a VM, and
# says the same.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    export programs=$BATS_FILE_TMPDIR
    local source name
    for source in "$root"/tests/linux/*.c; do
        name=$(basename "$source" .c)
        gcc -std=gnu11 -O1 -static -pthread -o "$programs/$name-glibc" "$source"
        musl-gcc -std=gnu11 -O1 -static -o "$programs/$name-musl" "$source"
    done
}

teardown_file() {
    jail_unstage
}

setup() {
    vm_setup linux
    native=() options=()
}

# same NAME [ARGUMENT...]: the program says the same, and ends the same way, natively (by the command
# $native) and in a VM (with $options).
same() {
    local libc name=$1
    shift
    for libc in glibc musl; do
        run --separate-stderr timeout --foreground $((3 * DEADLINE)) "${native[@]}" "$programs/$name-$libc" "$@"
        local expected=$output status_expected=$status
        run --separate-stderr "$JAILER" --id "$VM_ID-$libc" --timeout $((3 * DEADLINE)) \
            "${options[@]}" --program "$programs/$name-$libc" -- "$@"
        diff <(echo "$expected") <(echo "$output")
        [[ -n $expected && $status -eq $status_expected ]]
    done
}

@test "memory: mmap and its like, protection, what a system call may touch" {
    same memory
}

@test "processes: fork, exec, wait, pipes, pairs of sockets" {
    same process
}

@test "threads: mutexes, conditions, preemption, registers" {
    same thread
}

@test "signals: faults, masks, timers, what they interrupt" {
    same signal
}

@test "sockets: names, connections, datagrams, files in messages, ends" {
    same socket
}

@test "locks: of ranges and files, who waits, deadlocks, what ends them" {
    same lock
}

@test "timers: signals to processes and threads, and how many were missed" {
    same timer
}

@test "processes as files: signals, waiting, polling" {
    same pidfd
}

@test "limits: of files, memory, descriptors, the processor, the stack" {
    same rlimit
}

@test "shared memory of System V: segments, keys, who maps them, ends" {
    same sysv
}

@test "what is told of files: names, contents, moves, ends" {
    same inotify
}

@test "users: ids, capabilities, files of others, programs that change who one is" {
    need_root "be others"
    # both in a tmpfs: an overlay of Linux before 6.3 has no O_TMPFILE
    # shellcheck disable=SC2016 # for the inner shell
    native=(unshare --mount sh -c 'mount -t tmpfs -o mode=1777 tmpfs /var/tmp && exec "$@"' sh)
    options=(--tmpfs /var/tmp)
    same user root
}

@test "users: a program that is somebody" {
    local ids
    if [[ $(id -u) -eq 0 ]]; then
        native=(setpriv --reuid 1000 --regid 1001 --groups "5,6")
        ids=1000:1001:5,6
    else
        ids=$(id -u):$(id -g)
    fi
    options=(--tmpfs /var/tmp --user "$ids")
    same user self
}

# all_of WHAT LINE...: the program that takes all of it gets this answer, and all of it again, from a
# VM that ends with the program.
all_of() {
    run --separate-stderr "$JAILER" --id "$VM_ID" --mem 64M --timeout $((3 * DEADLINE)) \
        --program "$programs/limits-musl" -- "$1"
    echo "status $status: $output"
    echo "$stderr"
    [[ $status -eq 0 ]]
    local answer
    answer=$(printf '%s\n' "${@:2}")
    [[ $output == "$answer"$'\n'"$answer" ]]
}

@test "limits: processes are EAGAIN, and all can be waited for" {
    all_of processes "processes: fork: EAGAIN after many" "processes: 0 not waited for"
}

@test "limits: descriptors are EMFILE; files, pipes and names end where memory does" {
    all_of descriptors "descriptors: open: EMFILE after many"
    all_of files "files: open: ENOMEM after many"
    all_of pipes "pipes: pipe or write: ENOMEM after many"
    all_of names "names: open: ENOMEM after many"
}

@test "limits: memory and page tables are SIGKILL for who touches more; the file system is ENOSPC" {
    all_of memory "memory: signal 9"
    all_of tables "tables: signal 9"
    all_of space "space: write: ENOSPC after many"
}

@test "limits: handlers end with the stack; a loop of them, by the time limit or a signal" {
    all_of handlers "handlers: signal 11"
    run --separate-stderr "$JAILER" --id "$VM_ID" --timeout 1 --program "$programs/limits-musl" \
        -- loop
    [[ $status -eq 124 ]]
}

@test "terminals: keys, echo, output, raw mode, jobs, what ends" {
    same tty
}
