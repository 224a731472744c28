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
}

# same NAME: the program says the same, and ends the same way, natively and in a VM.
same() {
    local libc
    for libc in glibc musl; do
        run --separate-stderr "$programs/$1-$libc"
        local expected=$output status_expected=$status
        run --separate-stderr "$JAILER" --id "$VM_ID-$libc" --program "$programs/$1-$libc"
        [[ $status -eq $status_expected ]]
        [[ -n $expected && $output == "$expected" ]]
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
