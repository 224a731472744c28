# The monitor, the default guest: its menu, what each key does, what it shows.

bats_require_minimum_version 1.5.0

load guests/lib.bash

setup_file() {
    guests_build
}

setup() {
    need_kvm
    cd "$BATS_TEST_TMPDIR"
}

# monitor KEYS [FAULT...]: runs it without a jail, with the probe vmm-link as the broker
monitor() {
    local keys=$1
    shift
    linked "$build/monitor.bin" "$@" < <(printf '%s' "$keys")
}

# cpu FIELD: of the host's first processor, from /proc/cpuinfo
cpu() {
    sed -n "s/^$1\s*: //p" /proc/cpuinfo | sed -n 1p
}

# shown FIELD: as the monitor shows it
shown() {
    sed -n "s/^$1: *//p" <<<"$output"
}

@test "monitor: it is the default guest, runs in the jail, and halts with 0" {
    run --separate-stderr jailed < <(printf 5)
    echo "$status $output $stderr"
    [[ $status -eq 0 ]]
    [[ $output == *"1  CPU info"*"2  Latest tweet"*"3  Weather"*"4  Air quality (PM2.5 in ug/m3)"*"5  Halt"* ]]
    [[ ${lines[-1]} == "The guest halts." ]]
}

@test "monitor: CPU info agrees with the host's /proc/cpuinfo" {
    monitor '1 5'
    [[ $status -eq 0 ]]
    [[ $(shown Vendor) == "$(cpu vendor_id)" ]]
    [[ $(shown Type) == 0x0 ]]
    [[ $(shown Family) -eq $(cpu 'cpu family') ]]
    [[ $(shown Model) -eq $(cpu model) ]]
    [[ $(shown Stepping) -eq $(cpu stepping) ]]
    [[ $(shown Brand | xargs) == "$(cpu 'model name' | xargs)" ]]
}

@test "monitor: the tweet, and each city's weather and air quality, come from the right ports" {
    monitor '2 31 32 33 34 35 36 41 42 43 44 45 46 5'
    [[ $status -eq 0 ]]
    [[ $(sed -n 's/^text [0-9]* of port //p' <<<"$output" | xargs) == "0x100 \
0x101 0x102 0x103 0x104 0x105 0x106 0x201 0x202 0x203 0x204 0x205 0x206" ]]
}

@test "monitor: a text of full length is shown whole" {
    monitor '2 5' full
    [[ $status -eq 0 ]]
    text=$(grep '~' <<<"$output")
    [[ ${#text} -eq 8191 && $text != *[^~]* ]]
}

# illegal: the number of illegal choices, and of menus
illegal() {
    grep -c 'You entered an illegal choice!' <<<"$output" || true
    grep -c '1  CPU info' <<<"$output"
}

@test "monitor: any other key is an illegal choice, in both menus, and reported once" {
    monitor 'x 062 307 3 46 5'
    [[ $status -eq 0 ]]
    [[ $(illegal | xargs) == "2 4" ]]
    [[ $(grep -c 'Press any key to continue...' <<<"$output") -eq 3 ]]
    [[ $(sed -n 's/^.*text [0-9]* of port //p' <<<"$output" | xargs) == "0x100 0x103 0x206" ]]
}

@test "monitor: a pasted line is one illegal choice" {
    monitor $'ls -l /etc; echo "$HOME"\n5'
    [[ $status -eq 0 ]]
    [[ $(illegal | xargs) == "1 1" ]]
    [[ ${lines[-1]} == "The guest halts." ]]
}

@test "monitor: a newline after a choice is ignored" {
    monitor $'3\n1\n5\n'
    [[ $status -eq 0 ]]
    [[ $(illegal | xargs) == "0 2" ]]
    [[ $output == *"of port 0x101"* ]]
}

@test "monitor: keys that a terminal sends as escape sequences choose nothing" {
    # up in both modes, Ctrl-right, F1 in both modes, delete, F1 of the console
    for key in $'\e[A' $'\eOA' $'\e[1;5C' $'\eOP' $'\e[11~' $'\e[3~' $'\e[[A'; do
        monitor "${key}3${key}1${key}5"
        [[ $status -eq 0 ]]
        [[ $(illegal | xargs) == "0 2" ]]
        [[ $output == *"of port 0x101"* ]]
    done
}

@test "monitor: ESC alone swallows no other key" {
    monitor $'\e3\e\e1 \e5'
    [[ $status -eq 0 ]]
    [[ $(illegal | xargs) == "0 2" ]]
}

@test "monitor: it halts at the key, and reads nothing beyond it" {
    (printf '5rest' && sleep 0.2) | (
        timeout --kill-after 5 $((60 * ${SLOWNESS:-1})) "$guests/vmm-link" \
            "$build/sparkler-vmm" "$build/monitor.bin" >/dev/null
        cat >rest
    )
    [[ $(<rest) == rest ]]
}

@test "monitor: a closed console ends it, wherever it waits for a key" {
    for keys in '' 1 '2 ' 3; do
        monitor "$keys"
        [[ $status -eq 4 ]]
    done
}
