# Runs guests in their jail, or without one with the probe vmm-link.c as the broker. Source it, call
# guests_build in setup_file and need_kvm in setup.

# shellcheck source=tests/lib.bash
source "$BATS_TEST_DIRNAME/lib.bash"

# Builds the test guests and the probe in $guests; the project itself is in $build.
guests_build() {
    export guests="$BATS_FILE_TMPDIR"
    local source
    for source in "$root"/tests/guests/*.asm; do
        nasm -i "$root/tests/guests/" -f bin -o "$guests/$(basename "$source" .asm).bin" "$source"
    done

    "$build/sparkler-policy" compile "$root/policy/vmm-boot.policy" >"$guests/vmm-boot.c"
    cc -std=c11 -D_GNU_SOURCE -Wall -Werror -I"$root" -o "$guests/vmm-link" \
        "$root/tests/probes/vmm-link.c" "$root"/jailer/{configure,guest,kvm,linux,processor}.c \
        "$root/policy/runtime/install.c" \
        "${OPEN_FILTER:-$guests/vmm-boot.c}" # for builds whose VMM needs more system calls
}

# jailed [OPTION...]: runs a VM in its jail; one that hangs is killed and fails its test
jailed() {
    timeout --kill-after 5 $((60 * ${SLOWNESS:-1})) "$build/jailer" "$@" --exec sparkler-vmm
}

# vm GUEST [OPTION...]: runs it; sets $status, $output (the console) and $stderr (the log)
vm() {
    local guest=$1
    shift
    run --separate-stderr jailed --guest "$guests/$guest.bin" "$@"
    echo "status $status"
    echo "$output"
    echo "$stderr"
}

# linked IMAGE [FAULT...]: the same without a jail, with the probe as the broker
linked() {
    run --separate-stderr timeout --kill-after 5 $((120 * ${SLOWNESS:-1})) \
        "$guests/vmm-link" "$build/sparkler-vmm" "$@"
    echo "status $status"
    echo "$output"
    echo "$stderr"
}
