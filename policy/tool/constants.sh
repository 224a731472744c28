#!/bin/sh
# Prints the tables of names that a policy may use, as C: constants and errnos or, with "syscalls",
# system calls, with their values in this system's headers and policy/fds.h. The preprocessor finds
# the names; the compiler computes the values when it compiles the output.
#
# usage: policy/tool/constants.sh COMPILER [syscalls]        (in the root of the project)
# shellcheck disable=SC2086 # $headers is a list
set -eu
export LC_ALL=C

cc=${1:?usage: policy/tool/constants.sh COMPILER [syscalls]}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

headers='
arpa/inet.h fcntl.h netinet/in.h netinet/tcp.h poll.h sched.h signal.h stddef.h sys/epoll.h
sys/eventfd.h sys/file.h sys/ioctl.h sys/mman.h sys/prctl.h sys/random.h sys/resource.h
sys/socket.h sys/stat.h sys/syscall.h sys/time.h sys/timerfd.h sys/un.h sys/wait.h termios.h
time.h unistd.h asm/prctl.h linux/close_range.h linux/futex.h linux/kvm.h linux/landlock.h
linux/netlink.h linux/rseq.h linux/sched.h linux/seccomp.h linux/sockios.h linux/wait.h linux/fs.h
policy/fds.h
'
prefixes='KVM|FD|JAIL_FD|VMM_FD|BROKER_FD|RESOLVER_FD|SUPERVISOR_FD|JANITOR_FD|PACKER_FD|DIGESTER_FD
|AF|SOCK|SOL|SO|IPPROTO|TCP|IP|IPV6|PROT|MAP|MADV|MREMAP|MCL|MFD|CLONE|F|O|PR|AT
|FIO|NETLINK|R|TC|TIO|SIG|FUTEX|SECCOMP|LANDLOCK|P|W|MSG|EPOLL|EFD|ARCH|CLOCK|TIMER|TFD|GRND|RLIMIT
|RSEQ|SHUT|ITIMER|LOCK|RENAME|CLOSE_RANGE|SEEK|SFD|SCM|POLL|RUSAGE|STATX|RWF'
prefixes=$(echo "$prefixes" | tr -d '\n')

includes() {
    for header in "$@"; do
        echo "#include <$header>"
    done
}

# names REGEX HEADER...: prints the object-like macros of these headers that match, one per line
names() {
    regex=$1
    shift
    includes "$@" | $cc -D_GNU_SOURCE -I. -dM -E - |
        sed -n -E "s/^#define ($regex) .*/\1/p" | sort -u
}

# only_integers HEADER...: prints those of the names on stdin that are integer constants. The
# compiler may stop at its limit of errors, so it is asked until it finds none
only_integers() {
    includes "$@" >"$work/try.h"
    cat >"$work/names"
    while
        sed 's/.*/_Static_assert((0 | (&)) || 1, "");/' "$work/names" >"$work/try.c"
        $cc -D_GNU_SOURCE -I. -w -fsyntax-only -include "$work/try.h" "$work/try.c" 2>&1 |
            sed -n -E 's/^[^ ]*try\.c:([0-9]+):.* error: .*/\1d/p' >"$work/bad"
        [ -s "$work/bad" ]
    do
        sed -i -f "$work/bad" "$work/names"
    done
    cat "$work/names"
}

# table NAME PREFIX: prints the names on stdin as a C table, without the prefix
table() {
    echo "const struct constant $1[] = {"
    sed -E "s/^($2)(.*)/    {\"\2\", VALUE(\1\2)},/"
    echo "    {NULL, 0},"
    echo "};"
}

cat <<END
/* Written by policy/tool/constants.sh from the system's headers. */
$(includes errno.h $headers)
#include "policy/runtime/names.h"

/* A negative int reaches the kernel as its 32-bit pattern, with the register's high half clear. */
#define VALUE(x) ((long long)(x) < 0 ? (uint32_t)(x) : (uint64_t)(x))

END
if [ "${2-}" = syscalls ]; then
    names '__NR_[a-z0-9_]+' asm/unistd_64.h | table syscalls '__NR_'
    exit
fi
names "($prefixes)_?[A-Z0-9_]*[A-Z0-9]" $headers | only_integers $headers | table constants ''
names 'E[A-Z0-9]+' errno.h | only_integers errno.h | table errnos ''
