# What a flat 16-bit guest can rely on, clause by clause: each test runs a guest of tests/guests in
# its jail, or without one where tests/probes/vmm-link.c plays the broker.

bats_require_minimum_version 1.5.0

load guests/lib.bash

setup_file() {
    guests_build
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
}

@test "start: real mode, FLAGS 2, all registers but DX 0, the image at 0x1000 amid zeros" {
    vm start
    [[ $status -eq 0 ]]
    [[ $output == \
"cs 00000000 flags 00000002 others 00000000 cr0.pe 00000000 ip 00000000 memory 00000000 " ]]
}

@test "end: HLT ends the VM with 0, also with interrupts enabled" {
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

@test "CPUID: no virtualization, enclaves, performance counters or KVM features" {
    vm cpuid
    [[ $status -eq 0 ]]
    [[ $output == \
"VMX 00000000 SVM 00000000 SGX 00000000 counters 00000000 00000000 KVM 00000000 " ]]
}

@test "paravirtualization: KVM writes nothing to the guest's memory and serves no hypercall" {
    vm paravirtual
    [[ $status -eq 0 ]]
    # -KVM_ENOSYS, or an undefined instruction where KVM would have to patch in the right one
    [[ $output =~ ^"features 00000000 refused 00000007 written 00000000 yield "(FFFFFC18 |undefined)$ ]]
}

@test "MSRs: those for system calls, segments and paging; TSC read-only; any other raises #GP" {
    vm msrs
    [[ $status -eq 0 ]]
    [[ $(grep -v -e '--' <<<"$output" | xargs) == "00000010 r- 00000174 rw 00000175 rw 00000176 rw \
00000277 rw C0000080 rw C0000081 rw C0000082 rw C0000083 rw C0000084 rw \
C0000100 rw C0000101 rw C0000102 rw" ]]
    [[ $(grep -c -e '--' <<<"$output") -eq 22 ]]
}

@test "console: OUT in each size, single, as a string and backwards" {
    vm console-out
    [[ $status -eq 0 ]]
    [[ $output == $'bwd\nstring of bytes\nwords\ndwords\nbackwards' ]]
}

@test "console: IN in each size reads one key, zero-extended; a string IN reads its count" {
    vm console-in < <(printf 'abcdefghijklmnop')
    [[ $status -eq 0 ]]
    [[ $output == 'FFFFFF61 FFFF0062 00000063 defghij.k.l...m...n' ]]
}

@test "console: IN waits for keys that come one by one" {
    vm console-in < <(for key in a b c d e f g h i j k l m n; do
        sleep 0.02
        printf '%s' $key
    done)
    [[ $status -eq 0 ]]
    [[ $output == 'FFFFFF61 FFFF0062 00000063 defghij.k.l...m...n' ]]
}

@test "console: IN waits for keys even on a non-blocking input" {
    mkfifo keys
    (
        exec 4>keys
        sleep 0.5
        printf 'abcdefghijklmn' >&4
    ) 3>&- &
    run --separate-stderr timeout --kill-after 5 $((3 * DEADLINE)) python3 -c '
import os, sys
os.set_blocking(0, False)
os.execv(sys.argv[1], sys.argv[1:])
' "$build/jailer" --guest "$guests/console-in.bin" --exec sparkler-vmm <keys
    wait
    echo "$status $output $stderr"
    [[ $status -eq 0 ]]
    [[ $output == 'FFFFFF61 FFFF0062 00000063 defghij.k.l...m...n' ]]
}

@test "console: the end of the input ends the VM with 4, also in the middle of a string" {
    vm console-in </dev/null
    [[ $status -eq 4 ]]
    [[ $stderr == *"the guest waits for a key, but the console's input is closed: end of file"* ]]
    vm console-in < <(printf 'abcdef')
    [[ $status -eq 4 ]]
}

@test "console: a closed output ends the VM with 4" {
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

@test "ports without a device: all ones in each size, writes ignored, each logged once" {
    vm no-device
    [[ $status -eq 0 ]]
    [[ $output == "000000FF 0000FFFF FFFFFFFF FFFFFFFF 00000000 \
000000FF 000000FF 000000FF 000000FF 000000FF 000000FF " ]]
    [[ $(grep -c 'reads port 0x60, which has no device' <<<"$stderr") -eq 1 ]]
    [[ $(grep -c 'writes port 0x64, which takes no writes' <<<"$stderr") -eq 1 ]]
}

@test "ports without a device: a guest that tries all of them does not fill the log" {
    vm every-port
    [[ $status -eq 0 ]]
    [[ $output == "done" ]]
    [[ $(grep -c '^sparkler-vmm: the guest' <<<"$stderr") -eq 16 ]]
    [[ $stderr == *"further such ports will not be logged"* ]]
}

@test "feeds: byte by byte up to the NUL, then a new text; wider INs are zero-extended" {
    linked "$guests/feed-bytes.bin"
    [[ $status -eq 0 ]]
    [[ $output == $'text 1 of port 0x100.\ntext 2 of port 0x100.\nFFFF0074 00000065 ' ]]
}

@test "feeds: a string IN beyond the text's NUL gets more NULs, and the next one a new text" {
    linked "$guests/feed-strings.bin"
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == 'text 1 of port 0x100..........' ]]
    [[ ${lines[1]} == 'text ' ]]
    [[ ${lines[2]} == '2 of port 0x100' ]]
    [[ ${lines[3]} == '...' ]]
    [[ ${lines[4]} == 't.e.x.t. .3.' ]]
}

@test "feeds: each of the 13 ports has its own text and position" {
    linked "$guests/feed-places.bin"
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == 'text|text|text|text|text|text|text|text|text|text|text|text|text|' ]]
    [[ ${lines[1]} == ' 1 o| 2 o| 3 o| 4 o| 5 o| 6 o| 7 o| 8 o| 9 o| 10 | 11 | 12 | 13 |' ]]
    [[ ${lines[2]} == 'f po|f po|f po|f po|f po|f po|f po|f po|f po|of p|of p|of p|of p|' ]]
}

@test "feeds: what is written to a port is the argument of its next question" {
    linked "$guests/feed-ask.bin"
    [[ $status -eq 0 && ${#lines[@]} -eq 8 ]]
    [[ ${lines[0]} == 'text 1 of port 0x500: abcdef' ]]
    [[ ${lines[1]} == 'text 2 of port 0x500' ]]
    [[ ${lines[2]} == 'text 5 of port 0x500: g' ]]
    [[ ${lines[3]} == '[denied: the argument is too long]' ]]
    [[ ${lines[4]} == '[denied: the argument is too long]' ]]
    [[ ${lines[5]} == 'text 6 of port 0x500' ]]
    [[ ${lines[6]} == 'text 7 of port 0x501: h' ]]
    [[ ${lines[7]} == "text 8 of port 0x500: $(printf 'z%.0s' {1..1024})" ]]
}

@test "feeds: a flat guest reads the first 8,191 characters of a text, and no bytes" {
    linked "$guests/feed-three.bin" full bytes good
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == "$(printf '~%.0s' {1..8191})" ]]
    [[ ${lines[1]} == '[feeds: the answer is not text but bytes, for Linux programs only]' ]]
    [[ ${lines[2]} == 'text 3 of port 0x100' ]]
}

@test "feeds: in the jail, a failed fetch reads as a text in brackets" {
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

@test "a hostile broker: one that violates the protocol is dropped" {
    violated="the network broker violated the link's protocol; it will not be asked again"
    for fault in short long version future port kind length offset behind escape nul eight-bit \
        tail flood; do
        linked "$guests/feed-three.bin" good $fault
        [[ $status -eq 0 ]]
        [[ ${lines[0]} == 'text 1 of port 0x100' ]]
        [[ ${lines[1]} == "[feeds: $violated]" ]]
        [[ ${lines[2]} == "[feeds: $violated]" ]]
        [[ $stderr == "sparkler-vmm: $violated" ]]
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

@test "a hostile broker: silence reads as a text, and a late reply is skipped" {
    linked "$guests/feed-three.bin" good silent late
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == 'text 1 of port 0x100' ]]
    [[ ${lines[1]} == '[feeds: the network broker did not answer in '*' s]' ]]
    [[ ${lines[2]} == 'text 3 of port 0x100' ]]
    [[ $stderr == "" ]]
}

@test "README: the example in guest/README.md prints a feed, waits for a key, and halts" {
    local readme=$root/guest/README.md
    sed -n '/^```nasm$/,/^```$/ { /^```/!p }' "$readme" >london.asm
    eval "$(grep -m 1 '^    nasm ' "$readme")"
    linked london.bin < <(printf k)
    [[ $status -eq 0 ]]
    [[ $output == 'text 1 of port 0x103' ]]
    linked london.bin </dev/null
    [[ $status -eq 4 ]]
}

@test "sparkler-guest(7): its example asks a question, prints the answer, and halts" {
    sed -n '/^ *bits 16$/,/^\.Ed$/p' "$root/guest/sparkler-guest.7" | sed 's/^\\&//; /^\.Ed$/d' >berlin.asm
    nasm -f bin -o berlin.bin berlin.asm
    linked berlin.bin
    [[ $status -eq 0 ]]
    [[ $output == 'text 1 of port 0x500: Berlin' ]]
}

@test "memory: the last byte of the default 1 MiB works" {
    vm top
    [[ $status -eq 0 ]]
    [[ $output == "0000005A " ]]
}

@test "memory: an access beyond it ends the VM with 2, and the log has the address" {
    vm read-outside
    [[ $status -eq 2 ]]
    [[ $stderr == *"a read at 0x101224 (size 2), outside memory, which ends at 0x100000 "* ]]
    [[ $stderr == *"registers: cs:rip 0:"* ]]

    vm write-outside
    [[ $status -eq 2 ]]
    [[ $stderr == *"a write at 0x101224 (size 4)"* ]]

    vm top --mem 64K
    [[ $status -eq 2 ]]
    [[ $stderr == *"a write at 0xfffff (size 1)"*"ends at 0x10000 "* ]]
}

@test "faults: a jump outside memory ends the VM with 2, and the log has the address" {
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
        [[ $stderr == *"registers: lost, since KVM resets an AMD processor after a triple fault"* ]]
    else
        [[ $stderr == *"registers: cs:rip 8:10"* ]]
    fi
}

@test "image: empty, of the largest size, and one byte more" {
    : >"$guests/empty.bin"
    vm empty
    [[ $status -eq 1 ]]
    [[ $stderr == *"the guest image is empty; 1 to 1044480 bytes fit"* ]]

    # in 64 KiB of memory, 60 KiB fit from 0x1000 on
    cp "$guests/halt.bin" "$guests/full.bin"
    truncate -s $((60 * 1024)) "$guests/full.bin"
    vm full --mem 64K
    [[ $status -eq 0 ]]

    truncate -s $((60 * 1024 + 1)) "$guests/full.bin"
    vm full --mem 64K
    [[ $status -eq 1 ]]
    [[ $stderr == *"the guest image is 61441 bytes; only 61440 fit in the guest's memory"* ]]
}

@test "image: only a regular file is accepted" {
    mkfifo pipe
    for image in pipe /dev/null; do
        run --separate-stderr jailed --guest "$image"
        echo "$status $stderr"
        [[ $status -eq 1 ]]
        [[ $stderr == *"the guest image $image is not a regular file (--guest)"* ]]
    done
}

@test "image: a file that is shorter than its size says" {
    image=/sys/kernel/mm/transparent_hugepage/enabled # its st_size is 4096
    [[ -r $image ]] || skip "this kernel has no $image"
    run --separate-stderr jailed --guest $image
    echo "$status $stderr"
    [[ $status -eq 1 ]]
    [[ $stderr == *"the guest image shrank from 4096 to $(wc -c <$image) bytes while it was read"* ]]
}

# config [FIELD=VALUE...]: a configuration (vmm/config.h) for a flat guest and a processor without
# CPUID leaves, as the jailer would write it except for these fields; its first `cut` bytes
config() {
    local version=5 guest=0 memory=65536 lock=0 images=1 caps=0 held=0 kind=0 fd=4 size=64 cap=0 \
        room=0 leaves=0 excess=0 cut=2000
    [[ $# -eq 0 ]] || local "$@"
    {
        little 4 $version $guest
        little 8 $memory
        little 4 $lock $images $caps $held 0 0
        little 8 $room
        little 4 $kind $fd
        little 8 $size 0
        head -c $((49 * 24)) /dev/zero # 49 unused images
        little 4 $cap 0
        little 8 1
        head -c $((3 * 16)) /dev/zero # three unused capabilities
        little 4 $leaves 0
        head -c $excess /dev/zero
    } | head -c $cut
}

# little SIZE NUMBER...: each as SIZE bytes, little-endian
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

# without_jailer REDIRECTIONS: runs the VMM with the descriptors that it expects, then redirected
without_jailer() {
    run --separate-stderr timeout --kill-after 5 "$DEADLINE" bash -c '
        exec 3<>/dev/kvm 4<"$3/feed-three.bin" 5<>/dev/udp/127.0.0.1/9
        exec 6< <(config "size=$(stat -c %s "$3/feed-three.bin")")
        eval "exec $2"
        exec env -i setpriv --no-new-privs "$1"' - "$build/sparkler-vmm" "$1" "$guests"
    echo "$1: status $status, $output"
    echo "$stderr"
}

@test "the VMM without the jailer: a wrong descriptor is status 1, and named" {
    truncate -s 1 tiny
    while IFS='|' read -r redirections words; do
        without_jailer "$redirections"
        [[ $status -eq 1 && $output == "" ]]
        [[ $stderr == "sparkler-vmm: $words"* ]]
    done <<END
3</dev/null|the descriptor named 'kvm' is not /dev/kvm
6<&-|not started by the jailer: use jailer --exec sparkler-vmm
6<.|cannot read the VM's configuration
7</dev/null|KVM created a virtual machine as descriptor 8, not 7: too many or too few were handed over
8</dev/null|KVM created a vCPU as descriptor 9, not 8: too many or too few were handed over
4</dev/null|the guest image shrank from 
4>>tiny|cannot read the guest image
5<>tiny|cannot set a time limit for the network broker
END
}

@test "the VMM without the jailer: a limit of address space that is too low is status 1" {
    [ -z "${SANITIZED:-}" ] || skip "AddressSanitizer lives under no limit of its address space"
    without_jailer "6< <(config memory=1073741824); ulimit -v 500000"
    [[ $status -eq 1 && $output == "" ]]
    [[ $stderr == "sparkler-vmm: cannot map the guest's memory of 1073741824 bytes"* ]]
}

@test "the VMM without the jailer: a wrong configuration is status 1, and why" {
    while IFS='|' read -r fields words; do
        without_jailer "6< <($fields)"
        [[ $status -eq 1 && $output == "" ]]
        [[ $stderr == "sparkler-vmm: $words"* ]]
    done <<END
true|the jailer ended before it had sent the whole configuration
config cut=1311|the jailer ended before it had sent the whole configuration
config cut=1319|the jailer ended before it had sent the whole configuration
config leaves=1 excess=39|the jailer ended before it had sent the whole configuration
config excess=1|the jailer's configuration is longer than version 5's
config version=4|the jailer's configuration has version 4, not 5: install both from one build
config guest=2|unknown kind of guest: 2
config memory=0|the guest's memory is 0 bytes: it must be a positive multiple of 4096, at most 273804165120
config memory=66560|the guest's memory is 66560 bytes: it must be a positive multiple of 4096
config memory=273804169216|the guest's memory is 273804169216 bytes: it must be a positive multiple of 4096
config images=51|51 images; at most 50 are supported
config room=274877906945|274877906945 bytes for images; at most 274877906944 are supported
config room=-1|18446744073709551615 bytes for images; at most 274877906944 are supported
config images=0|a flat guest is one image, not 0
config images=2|a flat guest is one image, not 2
config caps=5|5 capabilities of KVM; at most 4 are supported
config caps=1 cap=12345|KVM refuses capability 12345 with argument 0x1: Invalid argument
config kind=1|the first of 1 images is not a flat image
config size=0|the guest image is empty; 1 to 61440 bytes fit
config size=65536|the guest image is 65536 bytes; only 61440 fit in the guest's memory: raise --mem
config leaves=257|257 CPUID leaves; KVM takes at most 256
config held=1|cannot tell the supervisor that the VM is built
END
}

@test "the VMM without the jailer: a broken link reads as a text" {
    without_jailer "" # its link is a UDP socket to a closed port
    [[ $status -eq 0 ]]
    [[ ${lines[0]} == "[feeds: the link to the network broker broke; it will not be asked again]" ]]
    [[ ${lines[1]} == "${lines[0]}" && ${lines[2]} == "${lines[0]}" ]]
}

@test "the VMM without the jailer: it says how to start it" {
    run "$build/sparkler-vmm" --help
    [[ $status -eq 1 ]]
    [[ $output == "sparkler-vmm: not started by the jailer: use jailer --exec sparkler-vmm" ]]
}
