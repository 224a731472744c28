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

@test "epoll: what is told, how often, and of whom" {
    same epoll
}

@test "sockets of the loopback: names, connections, datagrams, refusals, ends" {
    same inet
}

@test "the loopback interface: its addresses, names and state" {
    same interface
}

@test "splice: to pipes and from them, with positions, ends, and what does not fit" {
    same splice
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

# attribute_tree PROGRAM: a directory of files with attributes, and of copies of the program with
# capabilities, and an image of it
attribute_tree() {
    python3 -c 'import os; os.setxattr(".", "user.probe", b"")' ||
        skip "the file system of $BATS_TEST_TMPDIR keeps no attributes"
    mkdir tree
    cp "$1" tree/plain
    (cd tree && python3 -c 'if True:
        import os, shutil, struct, sys
        RAW, BIND = 1 << 13, 1 << 10
        def file(name, attributes={}, mode=0o755, of="plain"):
            shutil.copy(of, name)
            os.chmod(name, mode)
            for attribute, value in attributes.items():
                os.setxattr(name, attribute, value)
        def capable(name, permitted, inheritable, effective=0, mode=0o755, more={}):
            file(name, {"security.capability": struct.pack("<5I", 0x2000000 | effective, permitted,
                 inheritable, 0, 0), **more}, mode)
        os.umask(0o22)
        shared = {"user.shared": b"by some"}
        open("text", "w").write("text")
        file("file", {**shared, "user.own": b"by none" * 100, "user.empty": b""}, of="text")
        file("other", {**shared, "user.other": bytes(range(23))}, 0o644, "text")
        file("private", shared, 0o600, "text")
        file("none", {}, 0o644, "text")
        os.link("file", "again")
        os.symlink("file", "link")
        os.mkdir("directory")
        os.setxattr("directory", "user.shared", shared["user.shared"])
        capable("raw", RAW, 0, 1, more=shared)
        capable("permitted", RAW, 0)
        capable("inheritable", 0, RAW, 1)
        capable("both", BIND, RAW)
        capable("owner", RAW, 0, 1, 0o4755)
        capable("nothing", 0, 0, 0)
        file("foreign", {"security.capability": struct.pack("<6I", 0x3000001, RAW, 0, 0, 0, 1000)})
        for name in "written", "cut", "given", "moved":
            capable(name, RAW, 0, 1, more=shared)
        ')
    mkfs.erofs --quiet tree.erofs tree
}

# attributes WHAT OPTION...: the program in its tree says the same natively, by chroot(1) with these
# options, and in a VM
attributes() {
    local libc
    for libc in glibc musl; do
        rm -rf tree
        attribute_tree "$programs/attribute-$libc"
        run --separate-stderr "$JAILER" --id "$VM_ID-$libc" --timeout $((3 * DEADLINE)) --root tree.erofs \
            "${options[@]}" -- /plain "$1"
        local guest=$output
        echo "$stderr"
        run --separate-stderr timeout --foreground $((3 * DEADLINE)) chroot "${@:2}" tree /plain "$1"
        diff <(echo "$output") <(echo "$guest")
        [[ -n $guest && $status -eq 0 ]]
    done
}

@test "attributes and capabilities of files: who has them, reads them, and runs with them" {
    need_root "give files capabilities"
    attributes root
    options=(--user 1000:1000)
    attributes self --userspec 1000:1000 --groups ''
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
    all_of reading "reading: signal 9"
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
