# CPython's own tests in a VM, beside bwrap. CPYTHON: what of them, as tests/cpython/run has it.

bats_require_minimum_version 1.5.0

load ../lib.bash

@test "of the cases that pass under bwrap, 97 of 100 pass in a VM" {
    need_kvm
    local what
    read -ra what <<<"${CPYTHON-}"
    set -o pipefail
    "$root/tests/cpython/run" "${what[@]}" | sed 's/^/# /' >&3
}

@test "what is left out has its reason, and is not named elsewhere" {
    cd "$root/tests/cpython"
    run -1 grep -vE '^(#.*|test_\w+ +\S.*)$' left-out
    run -1 grep -xFf <(sed -n 's/^\(test_\w*\).*/\1/p' left-out) short
}
