# What a flat 16-bit guest may rely on, clause by clause: each test runs a guest of tests/guests in
# its jail. How the VMM bears a hostile broker is tested without a jail, by tests/probes/vmm-link.c.

bats_require_minimum_version 1.5.0

load guests/lib.bash

setup_file() {
    guests_build
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
}

@test "start: real mode, CS 0, FLAGS 2, the image at 0x1000 amid zeros" {
    vm start
    [[ $status -eq 0 ]]
    [[ $output == \
"cs 00000000 flags 00000002 cr0.pe 00000000 ip 00000000 memory 00000000 " ]]
}

@test "end: HLT ends the VM with 0, with interrupts on too" {
    vm halt
    [[ $status -eq 0 ]]
    [[ $output == "" ]]
}

@test "CPUID: the brand string is the host's" {
    brand=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | sed -n 1p)
    [[ -n $brand ]] || skip "the host's processor has no name in /proc/cpuinfo"
    vm brand
    [[ $status -eq 0 ]]
    [[ $(tr -d '.' <<<"$output" | xargs) == "$(tr -d '.' <<<"$brand" | xargs)" ]]
}

@test "CPUID: no virtualization, enclaves, counters, nor features of KVM" {
    vm cpuid
    [[ $status -eq 0 ]]
    [[ $output == \
"VMX 00000000 SVM 00000000 SGX 00000000 counters 00000000 00000000 KVM 00000000 " ]]
}

@test "KVM's own services: it writes nothing to a guest's memory, and serves no hypercall" {
    vm paravirtual
    [[ $status -eq 0 ]]
    # -KVM_ENOSYS, or an undefined instruction where KVM would have to put the right one there
    [[ $output =~ ^"features 00000000 refused 00000007 written 00000000 yield "(FFFFFC18 |undefined)$ ]]
}

@test "MSRs: those of system calls, segments and paging, TSC read-only; any other is a #GP" {
    vm msrs
    [[ $status -eq 0 ]]
    [[ $(grep -v -e '--' <<<"$output" | xargs) == "00000010 r- 00000174 rw 00000175 rw 00000176 rw \
00000277 rw C0000080 rw C0000081 rw C0000082 rw C0000083 rw C0000084 rw \
C0000100 rw C0000101 rw C0000102 rw" ]]
    [[ $(grep -c -e '--' <<<"$output") -eq 22 ]]
}

@test "console: OUT in each size, alone, as a string and backwards" {
    vm console-out
    [[ $status -eq 0 ]]
    [[ $output == $'bwd\nstring of bytes\nwords\ndwords\nbackwards' ]]
}

@test "console: IN in each size is a key, zero-extended; a string takes its count" {
    vm console-in < <(printf 'abcdefghijklmnop')
    [[ $status -eq 0 ]]
    [[ $output == 'FFFFFF61 FFFF0062 00000063 defghij.k.l...m...n' ]]
}

@test "console: keys that come one by one are waited for" {
    vm console-in < <(for key in a b c d e f g h i j k l m n; do
        sleep 0.02
        printf '%s' $key
    done)
    [[ $status -eq 0 ]]
    [[ $output == 'FFFFFF61 FFFF0062 00000063 defghij.k.l...m...n' ]]
}

@test "console: an input that does not block is waited for all the same" {
    mkfifo keys
    (
        exec 4>keys
        sleep 0.5
        printf 'abcdefghijklmn' >&4
    ) 3>&- &
    run --separate-stderr timeout --kill-after 5 60 python3 -c '
import os, sys
os.set_blocking(0, False)
os.execv(sys.argv[1], sys.argv[1:])
' "$build/jailer" --guest "$guests/console-in.bin" --exec sparkler-vmm <keys
    wait
    echo "$status $output $stderr"
    [[ $status -eq 0 ]]
    [[ $output == 'FFFFFF61 FFFF0062 00000063 defghij.k.l...m...n' ]]
}

@test "console: an input that ends ends the VM with 4, in the midst of a string too" {
    vm console-in </dev/null
    [[ $status -eq 4 ]]
    [[ $stderr == *"the guest waits for a key, but the console's input is closed: end of file"* ]]
    vm console-in < <(printf 'abcdef')
    [[ $status -eq 4 ]]
}

@test "console: an output that nobody reads ends the VM with 4" {
    (
        set +e
        jailed --guest "$guests/talk.bin" 2>log | head -c 100 >said
        echo "${PIPESTATUS[0]}" >status
    )
    cat status log
    [[ $(<status) -eq 4 ]]
    [[ $(head -n 1 said) == "Can anybody hear me?" ]]
    grep -q "the console's output is closed: Broken pipe" log
}

@test "ports that nobody owns: all ones in each size, writes ignored, each said once" {
    vm unowned
    [[ $status -eq 0 ]]
    [[ $output == "000000FF 0000FFFF FFFFFFFF FFFFFFFF 00000000 \
000000FF 000000FF 000000FF 000000FF 000000FF 000000FF " ]]
    [[ $(grep -c 'reads port 0x60, where no device answers' <<<"$stderr") -eq 1 ]]
    [[ $(grep -c 'writes port 0x64, where no device listens' <<<"$stderr") -eq 1 ]]
    [[ $(grep -c 'writes port 0x100, where no device listens' <<<"$stderr") -eq 1 ]]
}

@test "ports that nobody owns: a guest that tries all of them does not fill the log" {
    vm every-port
    [[ $status -eq 0 ]]
    [[ $output == "done" ]]
    [[ $(grep -c '^sparkler-vmm: the guest' <<<"$stderr") -eq 16 ]]
    [[ $stderr == *"more ports of this kind will not be reported"* ]]
}

@test "feeds: byte by byte up to the NUL, then a fresh text; wider INs are zero-extended" {
    linked "$guests/feed-bytes.bin"
    [[ $status -eq 0 ]]
    [[ $output == $'text 1 of port 0x100.\ntext 2 of port 0x100.\nFFFF0074 00000065 ' ]]
}

@test "feeds: a string IN has NULs behind the text's own, and the next one starts over" {
    linked "$guests/feed-strings.bin"
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == 'text 1 of port 0x100..........' ]]
    [[ ${lines[1]} == 'text ' ]]
    [[ ${lines[2]} == '2 of port 0x100' ]]
    [[ ${lines[3]} == '...' ]]
    [[ ${lines[4]} == 't.e.x.t. .3.' ]]
}

@test "feeds: each of the 13 ports keeps its own place" {
    linked "$guests/feed-places.bin"
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == 'text|text|text|text|text|text|text|text|text|text|text|text|text|' ]]
    [[ ${lines[1]} == ' 1 o| 2 o| 3 o| 4 o| 5 o| 6 o| 7 o| 8 o| 9 o| 10 | 11 | 12 | 13 |' ]]
    [[ ${lines[2]} == 'f po|f po|f po|f po|f po|f po|f po|f po|f po|of p|of p|of p|of p|' ]]
}

@test "feeds: in the jail, a fetch that fails is a text in brackets" {
    cat >feeds.json <<'END'
{"feeds": [{
    "name": "news from nowhere", "ports": {"0x100": {}}, "format": "text",
    "url": "https://127.0.0.1:1/", "allow_private": true
}]}
END
    vm feed-three --feeds feeds.json
    [[ $status -eq 0 ]]
    [[ ${#lines[@]} -eq 3 ]]
    for line in "${lines[@]}"; do
        [[ $line == '[news from nowhere: '*']' ]]
    done
}

@test "a hostile broker: a frame that does not fit ends the acquaintance" {
    misfit='the network broker sent a frame that does not fit; it will not be asked again'
    for fault in short long version future port length escape nul eight-bit tail flood; do
        linked "$guests/feed-three.bin" good $fault
        [[ $status -eq 0 ]]
        [[ ${lines[0]} == 'text 1 of port 0x100' ]]
        [[ ${lines[1]} == "[feeds: $misfit]" ]]
        [[ ${lines[2]} == "[feeds: $misfit]" ]]
        [[ $stderr == "sparkler-vmm: $misfit" ]]
    done
}

@test "a hostile broker: one that hangs up is not asked again" {
    ended='the network broker has ended; it will not be asked again'
    for fault in hangup empty; do
        linked "$guests/feed-three.bin" good $fault
        [[ $status -eq 0 ]]
        [[ ${lines[0]} == 'text 1 of port 0x100' ]]
        [[ ${lines[1]} == "[feeds: $ended]" ]]
        [[ ${lines[2]} == "[feeds: $ended]" ]]
        [[ $stderr == "sparkler-vmm: $ended" ]]
    done
}

@test "a hostile broker: silence ends in a text, and a late answer is skipped" {
    linked "$guests/feed-three.bin" good silent late
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == 'text 1 of port 0x100' ]]
    [[ ${lines[1]} == '[feeds: the network broker did not answer in '*' s]' ]]
    [[ ${lines[2]} == 'text 3 of port 0x100' ]]
    [[ $stderr == "" ]]
}

@test "memory: the last byte of the default size is there" {
    vm top
    [[ $status -eq 0 ]]
    [[ $output == "0000005A " ]]
}

@test "memory: an access where there is none ends the VM with 2 and names the address" {
    vm read-outside
    [[ $status -eq 2 ]]
    [[ $stderr == *"a read at 0x101224 (size 2), where there is no memory"*"ends at 0x100000 "* ]]
    [[ $stderr == *"registers: cs:rip 0:"* ]]

    vm write-outside
    [[ $status -eq 2 ]]
    [[ $stderr == *"a write at 0x101224 (size 4)"* ]]

    vm top --mem 64K
    [[ $status -eq 2 ]]
    [[ $stderr == *"a write at 0xfffff (size 1)"*"ends at 0x10000 "* ]]
}

@test "faults: an instruction outside memory ends the VM with 2 and names the place" {
    vm run-outside
    [[ $status -eq 2 ]]
    [[ $stderr == *"an instruction that KVM cannot fetch or cannot emulate"* ]]
    [[ $stderr == *"registers: cs:rip ffff:1234"* ]]
}

@test "faults: a triple fault ends the VM with 2" {
    vm triple-fault
    [[ $status -eq 2 ]]
    [[ $stderr == *"a triple fault (KVM_EXIT_SHUTDOWN)"* ]]
    if grep -q -w svm /proc/cpuinfo; then
        [[ $stderr == *"registers: lost; KVM resets an AMD processor that was shut down" ]]
    else
        [[ $stderr == *"registers: cs:rip 8:10"* ]]
    fi
}

@test "image: empty, too large or just fitting" {
    : >"$guests/empty.bin"
    vm empty
    [[ $status -eq 1 ]]
    [[ $stderr == *"the guest image is empty: 0 bytes, where 1 to 1044480 fit"* ]]

    # 64 KiB of memory have room for 60 KiB from 0x1000 on
    cp "$guests/halt.bin" "$guests/full.bin"
    truncate -s $((60 * 1024)) "$guests/full.bin"
    vm full --mem 64K
    [[ $status -eq 0 ]]

    truncate -s $((60 * 1024 + 1)) "$guests/full.bin"
    vm full --mem 64K
    [[ $status -eq 1 ]]
    [[ $stderr == *"the guest image has 61441 bytes, and the guest's memory room for 61440"* ]]
}

@test "image: what is no regular file" {
    mkfifo pipe
    for image in pipe /dev/null; do
        run --separate-stderr jailed --guest "$image"
        echo "$status $stderr"
        [[ $status -eq 1 ]]
        [[ $stderr == *"the guest image $image is not a regular file (--guest)"* ]]
    done
}

@test "image: a file that is shorter than it says" {
    image=/sys/kernel/mm/transparent_hugepage/enabled # says 4096
    [[ -r $image ]] || skip "this kernel has no $image"
    run --separate-stderr jailed --guest $image
    echo "$status $stderr"
    [[ $status -eq 1 ]]
    [[ $stderr == *"the guest image shrank from 4096 to $(wc -c <$image) bytes while it was read"* ]]
}

# config [FIELD=VALUE...]: a configuration as the jailer writes it (vmm/config.h), but for these, of
# a flat guest and a processor without CPUID leaves; its first `cut` bytes
config() {
    local version=1 guest=0 memory=65536 lock=0 images=1 caps=0 kind=0 fd=5 size=64 cap=0 leaves=0 \
        excess=0 cut=1000
    [[ $# -eq 0 ]] || local "$@"
    {
        little 4 $version $guest
        little 8 $memory
        little 4 $lock $images $caps 0 $kind $fd
        little 8 $size 0 0 0 0 0 0 0 0 0 0 0 0 0 0 # seven images that are not there
        little 4 $cap 0
        little 8 1 0 0 0 0 0 0 # three capabilities
        little 4 $leaves 0
        head -c $excess /dev/zero
    } | head -c $cut
}

# little SIZE NUMBER...: each as so many bytes, the lowest first
little() {
    local size=$1 number byte bits
    for number in "${@:2}"; do
        for ((bits = 0; bits < 8 * size; bits += 8)); do
            printf -v byte '\\x%02x' $((number >> bits & 255))
            # shellcheck disable=SC2059 # it is the escape sequence of a byte
            printf "$byte"
        done
    done
}
export -f config little

# alone REDIRECTIONS: runs the VMM without a jailer, with descriptors that these change
alone() {
    run --separate-stderr timeout --kill-after 5 "$DEADLINE" bash -c '
        exec 3<>/dev/kvm 4<>memory 5<"$3/feed-three.bin" 6<>/dev/udp/127.0.0.1/9
        exec 7< <(config "size=$(stat -c %s "$3/feed-three.bin")")
        eval "exec $2"
        exec env -i setpriv --no-new-privs "$1"' - "$build/sparkler-vmm" "$1" "$guests"
    echo "$1: status $status, $output"
    echo "$stderr"
}

@test "the VMM with other descriptors than it was promised: status 1, and which one" {
    truncate -s 64K memory
    truncate -s 1 tiny
    while IFS='|' read -r redirections words; do
        alone "$redirections"
        [[ $status -eq 1 && $output == "" ]]
        [[ $stderr == "sparkler-vmm: $words"* ]]
    done <<END
3</dev/null|the descriptor named 'kvm' is not /dev/kvm
4<&-|cannot map the guest's memory of 65536 bytes
4<memory|cannot map the guest's memory of 65536 bytes
7<&-|not started by the jailer: use jailer --exec sparkler-vmm
7<.|cannot read the configuration of the VM
8</dev/null|KVM made a virtual machine as descriptor 9, not 8: too many or too few were handed over
9</dev/null|KVM made a vCPU as descriptor 1
5</dev/null|the guest image shrank from 
5>>tiny|cannot read the guest image
6<>memory|cannot limit the wait for the network broker
END
}

@test "the VMM with a configuration that is not right: status 1, and why" {
    truncate -s 64K memory
    while IFS='|' read -r fields words; do
        alone "7< <($fields)"
        [[ $status -eq 1 && $output == "" ]]
        [[ $stderr == "sparkler-vmm: $words"* ]]
    done <<END
true|the jailer ended before it had sent the whole configuration of the VM
config cut=223|the jailer ended before it had sent the whole configuration of the VM
config cut=231|the jailer ended before it had sent the whole configuration of the VM
config leaves=1 excess=39|the jailer ended before it had sent the whole configuration of the VM
config excess=1|the jailer's configuration is longer than that of version 1
config version=2|the jailer's configuration has version 2, not 1: install both from one build
config guest=1|a guest of kind 1, which is unknown here
config memory=0|the guest's memory has 0 bytes: it must be whole pages of 4096, at most 3221225472
config memory=66560|the guest's memory has 66560 bytes: it must be whole pages of 4096
config memory=3221229568|the guest's memory has 3221229568 bytes: it must be whole pages of 4096
config images=9|9 images, where at most 8 fit
config images=0|a flat guest is one image, not 0
config images=2|a flat guest is one image, not 2
config caps=5|5 capabilities of KVM, where at most 4 fit
config caps=1 cap=12345|KVM refuses its capability 12345 with argument 0x1: Invalid argument
config kind=1|a flat guest is one image
config size=0|the guest image is empty: 0 bytes, where 1 to 61440 fit
config size=65536|the guest image has 65536 bytes, and the guest's memory room for 61440: raise --mem
config leaves=257|a processor of 257 CPUID leaves: KVM takes 256
END
}

@test "the VMM with a link that breaks: a text says so" {
    truncate -s 64K memory
    alone "" # where nobody listens
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == "[feeds: the link to the network broker broke; it will not be asked again]" ]]
    [[ ${lines[1]} == "${lines[0]}" && ${lines[2]} == "${lines[0]}" ]]
}

@test "the VMM alone says that the jailer starts it" {
    run "$build/sparkler-vmm" --help
    [[ $status -eq 1 ]]
    [[ $output == "sparkler-vmm: not started by the jailer: use jailer --exec sparkler-vmm" ]]
}
