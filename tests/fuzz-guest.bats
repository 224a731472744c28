# Random guests in jailed VMs; `make fuzz-guest` is the long run. What must hold stands in
# tests/fuzz-guest/run.

bats_require_minimum_version 1.5.0

setup() {
    [[ -r /dev/kvm && -w /dev/kvm ]] || skip "$(id -un) may not use /dev/kvm here"
    ! grep -q 'QEMU TCG' /proc/cpuinfo || skip "QEMU's own AMD-V crashes on random guests"
    root="$BATS_TEST_DIRNAME/.."
    build="$root/${BUILD:-build}"
    fuzz=("$root/tests/fuzz-guest/run" --found "$build/fuzz-guest")
}

# clean COUNT: so many guests ran, and nothing was found
clean() {
    echo "$output"
    [[ $status -eq 0 ]]
    [[ ${lines[-1]} == "seed "*": $1 guests in "*", 0 findings; "* ]]
}

@test "random guests, as shipped: each ends in order and leaves nothing behind" {
    run "${fuzz[@]}" --seed 1 --count 400 "$build/jailer"
    clean 400
    for status in 0 2 3 4 124 125; do
        [[ $output == *" with $status"* ]]
    done
}

@test "random guests, with ASan and UBSan in VMM and supervisor" {
    run "${fuzz[@]}" --seed 2 --count 200 "$build/sanitized/jailer"
    clean 200
}

@test "the same seed and number make the same guest" {
    cd "$BATS_TEST_TMPDIR"
    printf '\xf4' >halt
    cat >twice.py <<'END_OF_PYTHON'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from generate import generate
seeds = [b"\xf4", bytes(range(256))]
images = [[generate(7, n, {}, seeds) for n in range(200)] for _ in range(2)]
assert images[0] == images[1]
print(len({image for image, _ in images[0]}), "different of 200")
END_OF_PYTHON
    run python3 twice.py "$root/tests/fuzz-guest"
    echo "$output"
    [[ $status -eq 0 ]]
    [[ ${output% different of 200} -gt 190 ]]
}

@test "what the fuzzer looks for, it finds: a jailer that ends with another status" {
    cd "$BATS_TEST_TMPDIR"
    mkdir broken
    cp "$build"/{sparkler-vmm,sparkler-netbroker,monitor.bin} broken
    # the guest by which the fuzzer learns how long a VM takes is as it should be
    cat >broken/jailer <<'END_OF_JAILER'
#!/bin/sh
case $* in *-halt*) exit 0 ;; esac
sleep 100 >/dev/null 2>&1 &
echo "x: runtime error" >&2
exit 2
END_OF_JAILER
    chmod +x broken/jailer
    run "$root/tests/fuzz-guest/run" --seed 3 --count 2 --found kept broken/jailer
    echo "$output"
    [[ $status -eq 1 ]]
    [[ $output == *"FINDING: guest 0 of seed 3 "* ]]
    [[ $output == *"a process outlived its jailer: sleep"* ]]
    [[ -s kept/3-0.bin && -s kept/3-1.bin ]]
}
