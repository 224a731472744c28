# What a start may cost, in counts that do not depend on the machine's speed. Each budget is what was
# counted when it was written, as root with cgroups v1, and a few percent, enough for v2 as well; a
# start that needs more is to be made cheaper, or to have a good reason for a new budget.

bats_require_minimum_version 1.5.0

setup_file() {
    export root="$BATS_TEST_DIRNAME/.."
    export build="$root/${BUILD:-build}"
    export guests="$BATS_FILE_TMPDIR"
    [[ $(id -u) -eq 0 && -w /dev/kvm ]] && command -v strace >/dev/null || return 0
    nasm -i "$root/tests/guests/" -f bin -o "$guests/hello.bin" "$root/tests/guests/hello.asm"
    # a host's first VM of all makes the cgroup above all VMs' own, which is not counted
    "$build/jailer" --guest "$guests/hello.bin" --exec sparkler-vmm </dev/null >"$guests/first"
    timeout --foreground --kill-after 5 $((60 * ${SLOWNESS:-1})) \
        strace -f -yy -s 64 -o "$guests/trace" "$build/jailer" --guest "$guests/hello.bin" \
        --exec sparkler-vmm </dev/null >"$guests/console"
    python3 "$root/tests/bench/counts.py" "$guests/trace" >"$guests/counts"
}

setup() {
    [[ -w /dev/kvm ]] || skip "$(id -un) may not use /dev/kvm here"
    [[ $(id -u) -eq 0 ]] || skip "the budgets are those of a jailer that runs as root"
    command -v strace >/dev/null || skip "strace is not installed"
    [[ $(<"$guests/console") == hello ]]
    cat "$guests/counts"
}

# at_most NAME BUDGET: the count is there, and not above the budget
at_most() {
    local count
    count=$(sed -n "s/^$1=//p" "$guests/counts")
    echo "$1: $count of $2"
    [[ $count -gt 0 && $count -le $2 ]]
}

@test "budget: system calls of the jailer, to its own filter: 370, 13 of them for the address guard" {
    at_most jailer 370
}

@test "budget: system calls that close the VMM's jail: 98" {
    at_most vmm_jail 98
}

@test "budget: system calls of the VMM, from its exec to the first KVM_RUN: 42" {
    at_most vmm 42
}

@test "budget: three processes, of the VMM, the broker's jail and the janitor" {
    at_most processes 3
}

@test "budget: two programs, the jailer and the VMM; the broker is not started unasked" {
    at_most programs 2
}

@test "budget: nothing is opened, made or asked for --status if it was not given" {
    run ! grep -E 'pidfd_getfd|renameat2?\(|KVM_GET_STATS_FD|flock|/proc/[0-9]+/stat|cpu.stat|memory.(current|usage)' \
        "$guests/trace"
    # with it, each of them is
    timeout --foreground --kill-after 5 $((60 * ${SLOWNESS:-1})) strace -f -yy -s 64 \
        -o "$guests/status-trace" "$build/jailer" --guest "$guests/hello.bin" \
        --status "$guests/status" --exec sparkler-vmm </dev/null >"$guests/status-console"
    for call in pidfd_getfd 'renameat2' KVM_GET_STATS_FD flock '/proc/[0-9]+/stat' ; do
        grep -qE "$call" "$guests/status-trace"
    done
}

@test "budget: 65 bytes to cgroups, for the default limits" {
    [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs || -e /sys/fs/cgroup/memory/tasks ]] ||
        skip "no cgroups are mounted here"
    at_most cgroup_bytes 65
}

# The fewest of some starts: one in which the kernel has taken memory back meanwhile has more.
@test "budget: 104 page faults of the jailer and the VMM" {
    run --separate-stderr python3 - "$build/jailer" --guest "$guests/hello.bin" \
        --exec sparkler-vmm <<'PYTHON'
import os
import sys

quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
starts = []
for _ in range(10):
    child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    starts.append((status, usage.ru_minflt))
print(max(status for status, _ in starts), min(faults for _, faults in starts))
print(starts, file=sys.stderr)
PYTHON
    echo "$output $stderr"
    read -r ended faults <<<"$output"
    [[ $ended -eq 0 && $faults -le 104 ]]
}

@test "budget: 6,000 writes for 64 KiB of output by single OUTs" {
    [[ ${SLOWNESS:-1} -eq 1 ]] || skip "on a slow machine most writes are the timer's, each 10 ms"
    nasm -i "$root/tests/guests/" -f bin -o "$guests/talk-64k.bin" "$root/tests/guests/talk-64k.asm"
    timeout --foreground --kill-after 5 60 strace -f -e trace=write -o "$guests/writes" \
        "$build/jailer" --guest "$guests/talk-64k.bin" --exec sparkler-vmm </dev/null >"$guests/text"
    [[ $(stat -c %s "$guests/text") -eq 65536 ]]
    grep -c 'write(1,' "$guests/writes"
    [[ $(grep -c 'write(1,' "$guests/writes") -le 6000 ]]
}

@test "--timing shows the phases of each process" {
    run --separate-stderr timeout --kill-after 5 $((20 * ${SLOWNESS:-1})) "$build/jailer" --timing \
        --guest "$guests/hello.bin" --exec sparkler-vmm
    [[ $status -eq 0 && $output == hello ]]
    for process in supervisor janitor sparkler-vmm warden; do
        grep -q "timing of $process:" <<<"$stderr"
    done
    for phase in 'options' 'VMM cloned' 'network namespace' 'seccomp' 'machine set up' 'in all'; do
        grep -qE "[0-9]+ us.*  $phase$" <<<"$stderr"
    done
}
