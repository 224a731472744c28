# A program that was taken over tries to get out of its jail: in the VMM's place and in the
# broker's, as root, as root with user namespaces and as an ordinary user. Each attempt (attempts.c)
# is made four times: the filter must kill it, and, in a jailer without filters, the lock behind
# must refuse it. Attempts with "-" have no lock behind the filter but the kernel itself.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
    shmid=$(python3 -c 'import ctypes; print(ctypes.CDLL(None).shmget(0x73706b6c, 4096, 0o1666))')
    python3 -c '
import signal, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind("\0sparkler-escape-test")
listener.listen()
signal.pause()' 3>&- &
    listener=$!
    setpriv=()
    [ "$(id -u)" != 0 ] || setpriv=(setpriv --reuid "$VM_UID" --clear-groups)
    "${setpriv[@]}" bash -c 'exec -a victim sleep infinity' 3>&- &
    victim=$!
    export shmid listener victim
}

teardown() {
    [[ -z ${server:-} ]] || kill "$server"
}

teardown_file() {
    kill "$listener" "$victim"
    ipcrm -m "$shmid"
    jail_unstage
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
}

# becomes PATTERN WAY JAILER ARGUMENT...: the attempt must end so, as an extended pattern
becomes() {
    local pattern=$1
    shift
    run --separate-stderr jail "$@" </dev/null
    echo "$*: status $status, $output (expected $pattern)"
    # shellcheck disable=SC2053 # what it must match is a pattern
    case $pattern in
    -) ;;
    killed) [[ $status -eq 159 && $output == "" ]] ;;
    *) [[ $status -eq 0 && $output == $pattern ]] ;;
    esac
}

# stopped NAME VMM-LOCK BROKER-FILTER BROKER-LOCK [NUMBER]: what becomes of the attempt NAME (see
# `becomes`), in the VMM's place without its filter, in the broker's with it, and without
stopped() {
    local way bare=$stage/jailer-no-filter broker=$stage/attempt-broker
    shopt -s extglob
    for way in $ways; do
        becomes killed "$way" "$JAILER" --exec "$PROBE" -- "$1" "${5:-0}"
        becomes "$2" "$way" "$bare" --exec "$PROBE" -- "$1" "${5:-0}"
        becomes "${3/killed/killed by signal 31}" \
            "$way" "$JAILER" --broker "$broker" --exec "$PROBE" -- ask "$1" "${5:-0}"
        becomes "$4" "$way" "$bare" --broker "$broker" --exec "$PROBE" -- ask "$1" "${5:-0}"
    done
}

@test "files: the host's /etc/passwd" {
    stopped open-passwd ENOENT killed ENOENT
}

@test "files: the host's root above its own" {
    stopped open-above ENOENT killed ENOENT
}

@test "files: its own empty root" {
    [[ $(landlock_abi) -gt 0 ]] || skip "this kernel has no Landlock"
    stopped open-root EACCES killed allowed
}

@test "files: /proc" {
    stopped open-proc ENOENT killed ENOENT
}

@test "files: /sys" {
    stopped open-sys ENOENT killed ENOENT
}

@test "files: /dev/mem" {
    stopped open-mem ENOENT killed ENOENT
}

@test "files: a second /dev/kvm" {
    stopped open-kvm ENOENT killed ENOENT
}

@test "files: by inode, past all paths" {
    stopped open-handle EPERM killed EPERM
}

@test "files: make one" {
    stopped create EROFS killed EROFS
}

@test "files: make a directory" {
    stopped mkdir EROFS killed EROFS
}

@test "files: make a device" {
    stopped mknod EROFS killed EROFS
}

@test "files: remove one" {
    stopped unlink '@(ENOENT|EROFS)' killed EROFS
}

@test "mounts: mount" {
    stopped mount EPERM killed EPERM
}

@test "mounts: make its root writable" {
    stopped remount EPERM killed EPERM
}

@test "mounts: unmount its root" {
    stopped umount EPERM killed EPERM
}

@test "mounts: chroot" {
    stopped chroot EPERM killed EPERM
}

@test "namespaces: unshare the mounts" {
    stopped unshare EPERM killed EPERM
}

@test "namespaces: a user namespace with all capabilities" {
    stopped user-namespace - killed -
}

@test "programs: a shell" {
    stopped execve ENOENT killed ENOENT
}

@test "programs: one from memory" {
    stopped execute-memory - killed -
}

@test "programs: a thread" {
    stopped thread - killed -
}

@test "processes: ptrace one of the same user" {
    stopped ptrace ESRCH killed ESRCH "$victim"
}

@test "processes: read the memory of one of the same user" {
    stopped process_vm_readv ESRCH killed ESRCH "$victim"
}

@test "processes: write the memory of one of the same user" {
    stopped process_vm_writev ESRCH killed ESRCH "$victim"
}

@test "processes: kill one of the same user" {
    stopped kill ESRCH killed ESRCH "$victim"
    kill -0 "$victim"
}

@test "processes: hold one of the same user" {
    stopped pidfd_open ESRCH killed ESRCH "$victim"
}

@test "processes: slow down one of the same user" {
    stopped setpriority ESRCH killed ESRCH "$victim"
}

@test "processes: change the limits of one of the same user" {
    stopped prlimit ESRCH killed ESRCH "$victim"
}

@test "processes: kill its supervisor" {
    for way in $ways; do
        run --separate-stderr timeout --foreground --kill-after 2 $((3 * DEADLINE)) bash -c '
            become "$1" "$2" --exec "$3" -- kill $$' \
            - "$way" "$stage/jailer-no-filter" "$PROBE" </dev/null
        echo "$way: status $status, $output"
        [[ $status -eq 0 && $output == ESRCH ]]
    done
}

@test "ids: become root" {
    stopped setuid '@(EPERM|EINVAL)' killed '@(EPERM|EINVAL)'
}

@test "ids: join a group" {
    stopped setgroups EPERM killed EPERM
}

@test "ids: gain a capability" {
    stopped capset EPERM killed EPERM
}

@test "limits: allow core files again" {
    stopped setrlimit EPERM killed EPERM
}

@test "kernel: keyrings" {
    stopped keyctl - killed - -3
}

@test "kernel: load a BPF program" {
    stopped bpf '@(EPERM|ENOSYS)' killed '@(EPERM|ENOSYS)'
}

@test "kernel: userfaultfd" {
    stopped userfaultfd '@(EPERM|ENOSYS)' killed '@(EPERM|ENOSYS)'
}

@test "kernel: watch all processes by perf events" {
    stopped perf_event_open '@(EACCES|EPERM|ENOSYS)' killed '@(EACCES|EPERM|ENOSYS)'
}

@test "kernel: io_uring, whose requests pass no filter" {
    stopped io_uring - killed -
}

@test "kernel: load a module" {
    stopped module '@(EPERM|ENOSYS)' killed '@(EPERM|ENOSYS)'
}

@test "kernel: the host's I/O ports" {
    stopped iopl '@(EPERM|ENOSYS)' killed '@(EPERM|ENOSYS)'
}

@test "kernel: reboot" {
    stopped reboot EPERM killed EPERM
}

@test "kernel: set the clock" {
    stopped clock EPERM killed EPERM
}

@test "kernel: rename the host" {
    stopped sethostname EPERM killed EPERM
}

@test "kernel: system calls of x32" {
    stopped x32 - killed -
}

@test "kernel: system calls of 32 bits by int 0x80" {
    stopped int80 - killed -
}

@test "terminal: /dev/tty" {
    stopped open-tty ENOENT killed ENOENT
}

@test "terminal: type into it by TIOCSTI" {
    stopped tiocsti ENOTTY killed ENOTTY
}

@test "network: the cloud's metadata at 169.254.169.254, for the VMM" {
    for way in $ways; do
        becomes killed "$way" "$JAILER" --exec "$PROBE" -- metadata
        becomes ENETUNREACH "$way" "$stage/jailer-no-filter" --exec "$PROBE" -- metadata
    done
}

# by_broker RESULT ATTEMPT [PORT]: by a broker of root's that no filter holds, but the address guard
by_broker() {
    for way in root userns; do
        becomes "$1" "$way" "$stage/jailer-no-filter" --broker "$stage/attempt-broker" \
            --exec "$PROBE" -- ask "${@:2}"
    done
}

need_guard() {
    need_root "put the guard on the broker's cgroup"
    [[ $(stat -f -c %T /sys/fs/cgroup{,/unified} 2>/dev/null) == *cgroup2fs* ]] ||
        skip "the guard needs cgroup v2"
}

@test "network: the host, its own networks and the cloud's metadata, for the broker" {
    need_guard
    for attempt in any-address loopback loopback-ipv6 mapped; do
        by_broker EPERM $attempt
    done
    for attempt in metadata private; do # a host may have no route there
        by_broker '@(EPERM|ENETUNREACH)' $attempt
    done
}

@test "network: a TCP port of the host, for the broker" {
    need_guard
    listens
    for attempt in knock sendto-fastopen sendmsg-fastopen sendmmsg-fastopen; do
        by_broker EINPROGRESS $attempt "$port"
    done
    reach # last, and alone
    [[ $(wc -l <reached) -eq 1 ]]
}

@test "network: an abstract socket of the host" {
    [[ $(landlock_abi) -ge 6 ]] || skip "the broker's lock on them needs Landlock ABI 6"
    stopped abstract-socket '@(EPERM|ECONNREFUSED)' killed EPERM
}

@test "network: offer a TCP port" {
    [[ $(landlock_abi) -ge 4 ]] || skip "the lock on TCP ports needs Landlock ABI 4"
    stopped bind EACCES killed EACCES
}

# listens: leaves $port, a TCP port of this machine where every connection adds a line to ./reached
listens() {
    python3 -c '
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    listener.accept()[0].close()
    open("reached", "a").write("reached\n")' >port 3>&- &
    server=$!
    within test -s port
    port=$(<port)
}

# reach: connects to it
reach() {
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$port"
    within test -s reached
}

# resolver_refused NAME RESULT: in the resolver's place, by the filters, Landlock or the kernel
resolver_refused() {
    for way in $ways; do
        becomes "$2" "$way" "$JAILER" --broker "$stage/attempt-broker" --exec "$PROBE" -- \
            ask-resolver "$1" "$port"
    done
}

@test "network: any TCP port by MSG_FASTOPEN, which Landlock does not see, for the resolver" {
    listens
    reach
    rm reached
    shopt -s extglob
    resolver_refused sendto-fastopen "killed by signal 31"
    resolver_refused sendmsg-fastopen "killed by signal 31"
    resolver_refused sendmmsg-fastopen "killed by signal 31"
    resolver_refused sendmmsg-nosignal EPIPE
    [[ $(landlock_abi) -lt 4 ]] || resolver_refused connect EACCES
    [[ ! -e reached ]]
    stopped sendto-fastopen - killed - "$port"
}

@test "network: raw IP" {
    stopped raw-socket EPERM killed EPERM
}

@test "network: listen to all packets" {
    stopped packet-socket EPERM killed EPERM
}

@test "network: stop an interface" {
    stopped interface EPERM killed EPERM
}

@test "ipc: a System V segment of the host that all may write" {
    stopped shmget ENOENT killed ENOENT
}

@test "memory: 256 MiB" {
    stopped allocate ENOMEM ENOMEM ENOMEM
}

@test "memory: writable and executable" {
    linux_is_at_least 6.3 || skip "PR_SET_MDWE needs Linux 6.3"
    stopped mmap-wx EACCES killed EACCES
}

@test "memory: executable after it was written" {
    linux_is_at_least 6.3 || skip "PR_SET_MDWE needs Linux 6.3"
    stopped mprotect-x EACCES killed EACCES
}

@test "memory: a core file" {
    [[ $(</proc/sys/kernel/core_pattern) != '|'* ]] || skip "this host hands cores to a program"
    stopped core EPERM EPERM EPERM
}
