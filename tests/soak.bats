# Each of a VM's processes is killed at a moment of chance, again and again; what is left is
# counted: nothing. SOAK is how often; the moments are those of the seed that is printed.

bats_require_minimum_version 1.5.0

load lib.bash

setup_file() {
    jail_stage
}

teardown_file() {
    jail_unstage
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
    VM_ID=soak-$$
}

# The part of the VM that is to be killed, if it is there by now.
victim_of() {
    case $1 in
    supervisor) echo "$supervisor" ;;
    *) "$1" 2>/dev/null || true ;;
    esac
}

# one_round WAY PART MILLISECONDS: a VM that works without a pause until it is hit
one_round() {
    local victim hit=
    vm_launch "$1" --id "$VM_ID" --offline-samples --exec sparkler-vmm
    until is_jailer; do :; done
    press '1 2 31 1 2 31 1 2 31 1 2 31 1 2 31 1 2 31 1 2 31 1 2 31 1 2 31 1 2 31 '
    sleep "0.$(printf %03d "$3")"
    for victim in $(victim_of "$2"); do
        kill -KILL "$victim" 2>/dev/null && hit=yes
    done
    # the broker's death is not the VM's, and who was not there could not be hit
    if [[ -z $hit || $2 == broker || $2 == resolver ]]; then
        kill -TERM "$supervisor" 2>/dev/null || true
    fi
    vm_wait
    check_nothing_left
    [[ $status -eq 137 || $status -eq 143 ]]
}

@test "whichever process is killed, at whatever moment: nothing is left" {
    local round count=${SOAK:-30} seed=${SEED:-$RANDOM} parts way way_list
    parts=(supervisor vmm warden broker resolver janitor)
    read -ra way_list <<<"$ways"
    RANDOM=$seed
    for round in $(seq "$count"); do
        way=${way_list[round / ${#parts[@]} % ${#way_list[@]}]}
        part=${parts[round % ${#parts[@]}]}
        moment=$((RANDOM % 300))
        echo "SEED=$seed, round $round: $way, $part at $moment ms"
        one_round "$way" "$part" "$moment"
    done
}
