# The manual pages: well-formed, and true. What a page lists is compared with what the programs say
# or, where they do not say it, with the table in their source.

bats_require_minimum_version 1.5.0

load lib.bash

pages=("$root"/guest/*.7 "$root"/jailer/{,oci/}*.8 "$root"/policy/*.[15])
feeds=$root/policy/sparkler-feeds.5
language=$root/policy/sparkler-policy.5
guest=$root/guest/sparkler-guest.7

# page FILE: as text, without bold and underlined letters
page() {
    mandoc -Tascii "$1" | sed 's/.\x08//g'
}

# section FILE HEADING: the source of a section or subsection, up to the next one
section() {
    sed -n "/^\.S[hs] $2\$/,/^\.S[hs]/p" "$1" | sed '1d; /^\.S[hs]/d'
}

# items MACRO: those of the lists in the source on stdin, one a line
items() {
    sed -n "s/^\.It $1 //p" | sed 's/ Pq .*//; s/ , /\n/g'
}

# block NUMBER: literal text in the source on stdin, as the reader sees it
block() {
    awk -v wanted="$1" '/^\.Ed/ { inside = 0 }
        inside && number == wanted
        /^\.Bd -literal/ { inside = 1; number++ }' | sed 's/\\e/\\/g; s/^\\&//'
}

# options_in: those that a text names
options_in() {
    grep -oE -- '(^|[^-[:alnum:]])--[a-z][a-z-]*' | grep -o -- '--.*' | sort -u
}

# same CODE PAGE: two lists, in any order
same() {
    [[ -n $1 ]]
    diff <(sort <<<"$1") <(sort <<<"$2")
}

setup() {
    command -v mandoc >/dev/null || skip "mandoc is missing: apt-get install mandoc"
    cd "$BATS_TEST_TMPDIR"
}

@test "mandoc finds nothing to warn of" {
    run mandoc -Tlint -W warning "${pages[@]}"
    echo "$output"
    [[ $status -eq 0 && -z $output ]]
}

@test "each page has the name of its file, and refers to pages that there are" {
    local file name section
    for file in "${pages[@]}"; do
        read -r name section < <(sed -n 's/^\.Dt //p' "$file")
        [[ ${file##*/} == "${name,,}.$section" ]]
        while read -r name section; do
            [[ " ${pages[*]##*/} " == *" $name.$section "* ]] || {
                echo "${file##*/} refers to $name($section)"
                return 1
            }
        done < <(sed -n 's/^\.Xr \(\(jailer\|sparkler-[a-z]*\) [0-9]\).*/\1/p' "$file")
    done
}

@test "jailer(8) has the options of --help and --help=linux, and no others" {
    diff <({ "$build/jailer" --help && "$build/jailer" --help=linux; } | options_in) \
        <(page "$root/jailer/jailer.8" | options_in)
}

@test "jailer(8) has the samples of --status, and no others" {
    same "$(grep -oE '"sparkler_[a-z_]+"(, true)?' "$root/jailer/status.c" |
        sed 's/", true/_total/; s/"//g')" \
        "$(section "$root/jailer/jailer.8" STATUS | items Li)"
}

# has_commands_of PROGRAM PAGE: and the same options
has_commands_of() {
    local help
    help=$("$build/$1" --help)
    diff <(options_in <<<"$help") <(page "$root/$2" | options_in)
    diff <(grep -oP '^  \K[a-z]+(, [a-z]+)*(?= |$)' <<<"$help" | tr -s ', ' '\n' | sort -u) \
        <(sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$root/$2" | sort -u)
}

@test "sparkler-policy(1) has the commands and options of --help, and no others" {
    has_commands_of sparkler-policy policy/sparkler-policy.1
}

@test "sparkler-policy(1) and --help have the processes of which explain has a column" {
    local processes process
    processes=$("$build/sparkler-policy" explain | sed -n '1s/ *| */\n/gp' | sed '1,2d; $d')
    same "$processes" "$(sed -n '/^\.Ar process$/,/^The policies/p' "$root/policy/sparkler-policy.1" |
        sed -n 's/^\.Cm //p' | xargs -n 1 | grep -vx '[,.]')"
    for process in $processes; do
        "$build/sparkler-policy" --help | sed -n '/^  PROCESS /,/^$/p' | grep -wF "$process"
    done
}

@test "sparkler-oci(8) has the commands and options of --help, and no others" {
    has_commands_of sparkler-oci jailer/oci/sparkler-oci.8
}

@test "sparkler-oci(8) has the annotations, and what a container can go without" {
    same "$(sed -n '/^static void add_annotation(/,/^}/p' "$root/jailer/oci/vm.c" |
        grep -oP '(strcmp\(name, |credential\[\] = )"\K[a-z]+')" \
        "$(section "$root/jailer/oci/sparkler-oci.8" ANNOTATIONS | grep -oP '^\.It Li sparkler\.\K[a-z]+')"
    same "$(grep -oP 'names\[\] = {\K.*(?=})' "$root/jailer/oci/settings.c" | grep -o '[a-z]*')" \
        "$(section "$root/jailer/oci/sparkler-oci.8" CONTAINERS |
            sed -n '/^What a VM cannot/,$p' | items Li)"
}

# ---- sparkler-feeds(5) ----

# a_feed [JQ-FILTER]: writes feeds.json, with the least that a feed needs, changed so
a_feed() {
    jq "${1:-.}" >feeds.json <<'END'
{"feeds": [{"name": "x", "ports": {"0x500": {}}, "format": "text", "url": "https://x.test/"}]}
END
}

# refused JQ-FILTER: what was expected in the place of the feed so changed
refused() {
    a_feed "$1"
    run -1 "$build/sparkler-policy" feeds feeds.json
    echo "${output##*: expected }"
}

# keys_of_page: each key with what stands behind it: "max_bytes (256 to 1048576, default 65536)"
keys_of_page() {
    page "$feeds" | sed -n '/^ *What the guest asks$/,/^ *Formats$/p' | grep -oP '^ {5}\K[a-z_]+ \(.*\)$'
}

@test "sparkler-feeds(5) has the keys that the parser knows, and no others" {
    same "$(sed -n '/^static const struct key keys/,/^};/s/^    {"\([a-z_]*\)".*/\1/p' \
        "$root/netbroker/feeds.c")" "$(keys_of_page | sed 's/ .*//')"
    [[ $(refused '.feeds[0].none = 1') == "a key of sparkler-feeds(5)" ]]
}

@test "sparkler-feeds(5) says which keys are required, and the range and default of each number" {
    local key kind range
    a_feed
    "$build/sparkler-policy" feeds --json feeds.json >defaults.json
    while read -r key kind; do
        echo "$key $kind"
        a_feed "del(.feeds[0].$key)"
        if [[ $kind == *required* ]]; then
            run -1 "$build/sparkler-policy" feeds feeds.json
        else
            run -0 "$build/sparkler-policy" feeds feeds.json
        fi
        range=$(refused ".feeds[0].$key = [[]]" | sed -n 's/^a whole number from //p')
        [[ $range == "$(grep -oP '[0-9]+ to [0-9]+' <<<"$kind")" ]]
        [[ $kind != *default* ]] ||
            [[ $kind == *"default $(jq ".feeds[0].$key" defaults.json))" ]]
    done < <(keys_of_page)
}

@test "sparkler-feeds(5) has the formats, and what declares an argument" {
    local argument
    same "$(refused '.feeds[0].format = ""' | sed 's/^one of //; s/, /\n/g')" \
        "$(section "$feeds" Formats | items Cm)"
    argument=$(section "$feeds" Questions)
    same "$(refused '.feeds[0].argument = {"least": 1, "none": 1}' | grep -oP '"\K[a-z]+')" \
        "$(items Cm <<<"$argument")"
    same "$(refused '.feeds[0].argument = {"characters": [""]}' | grep -oP '"\K[a-z]+')" \
        "$(sed -n '/^\.It Cm characters/,/^\.It/s/^\.Cm //p' <<<"$argument" | tr -d ' ' | tr , '\n' | grep .)"
}

@test "sparkler-feeds(5) has each kind of message that a guest may read" {
    same "$(cat "$root"/netbroker/*.c "$root"/vmm/*.c "$root/guest/linux/feeds.c" |
        grep -oP '"\[\K[^"^]{3,}(?=")' | sed 's/: .*//; s/]$//' | sort -u)" \
        "$(section "$feeds" ANSWERS | items Bq | sed 's/^Ar [a-z]*/%s/; s/Li //; s/ : .*//')"
}

@test "sparkler-feeds(5) has the fields and the outcomes of the record" {
    local fields record
    record=$(section "$feeds" RECORD)
    fields=$(sed -n '/^static void print_time/,/^}/p; /^static void print_line/,/^}/p' \
        "$root/jailer/ledger.c")
    same "$(grep -oP '\\"\K[a-z]+(?=\\":)|"\K[a-z]+_left(?=")' <<<"$fields")" \
        "$(sed '/^What became/q' <<<"$record" | items Cm)"
    same "$(grep -oP '\[LEDGER_[A-Z]+\] = "\K[a-z]+' "$root/jailer/ledger.c")" \
        "$(sed '1,/^What became/d' <<<"$record" | items Cm)"
    block 1 <<<"$record" | tr -d '\n' >line
    echo >>line
    "$build/sparkler-policy" record line
}

@test "sparkler-feeds(5)'s example is a feeds file, and its arguments are a question's" {
    section "$feeds" EXAMPLES | block 1 >feeds.json
    run -0 "$build/sparkler-policy" feeds feeds.json
    [[ $output == *"water of the {Thames|Severn}"* ]]
    local arguments
    arguments=$(section "$feeds" Questions | block 1 | tr -d '\n' | sed 's/"argument": /\n/g')
    [[ $(grep -c . <<<"$arguments") -eq 2 ]]
    while read -r; do
        a_feed ".feeds[0] += {\"argument\": $REPLY, \"bits_per_hour\": 600,
            \"url\": \"https://x.test/{argument}\"}"
        "$build/sparkler-policy" feeds feeds.json
    done < <(grep . <<<"$arguments")
}

# ---- sparkler-policy(5) ----

@test "sparkler-policy(5) has what a condition is made of" {
    same "$(grep -oP 'take\(p, "\K[^":]+' "$root/policy/tool/parse.c")" \
        "$(section "$language" Conditions | sed -n 's/^\.It //p' | tr ' ' '\n' |
            grep -vxE 'Li|Ar|Ns|N|arg|value|condition|errno')"
}

@test "sparkler-policy(5) has the prefixes of the constants that there are" {
    same "$(sed -n "/^prefixes='/,/'\$/p" "$root/policy/tool/constants.sh" | grep -oE '[A-Z][A-Z0-9_]*')" \
        "$(section "$language" Values | block 1 | xargs -n 1)"
}

@test "sparkler-policy(5) has the calls that are dangerous, and what they can do" {
    same "$(sed -n 's/^    {"\([^"]*\)", "\([^"]*\)".*/\1 can \2/p' "$root/policy/tool/danger.c")" \
        "$(section "$language" Comments | awk '/^\.It Cm / { calls = substr($0, 8); next }
            calls {
                n = split(calls, call, " , ")
                for (i = 1; i <= n; i++)
                    print call[i] " can " $0
                calls = ""
            }')"
}

# filter_of POLICY: without the table of its lines
filter_of() {
    "$build/sparkler-policy" compile "$1" | sed -n '/struct sock_filter/,/^};/p'
}

@test "sparkler-policy(5)'s first example is vmm.policy, and the other one a policy" {
    section "$language" EXAMPLES | block 1 >vmm.policy
    section "$language" EXAMPLES | block 2 >vmm-boot.policy
    "$build/sparkler-policy" check ./*.policy
    [[ $(filter_of vmm.policy) == *sock_filter* ]]
    diff <(filter_of "$root/policy/vmm.policy") <(filter_of vmm.policy)
}

# ---- sparkler-guest(7) ----

# compiled STATEMENTS: what a C program with the VMM's headers prints
compiled() {
    cat >program.c <<END
#include "netbroker/wire.h"
#include "vmm/linux.h"

#include <stdio.h>

int main(void)
{
    $1
}
END
    cc -std=c11 -I"$root" -o program program.c
    ./program
}

@test "sparkler-guest(7) has the ports of a flat guest, and no others" {
    local first last console
    console=$(sed -n 's/^#define CONSOLE_PORT *//p' "$root/vmm/console.c")
    same "$(compiled "for (int port = 0; port <= 0xffff; port++)
            if (port == $console || wire_port_index((uint16_t)port) >= 0)
                printf(\"%d\\n\", port);")" \
        "$(section "$guest" Ports | sed -n 's/^\.It //p' | while read -r first _ last; do
            seq $((first)) $((${last:-first}))
        done)"
}

@test "sparkler-guest(7) has the calls of the call port, and the values of all constants that it names" {
    same "$(grep -oP '\bLINUX_CALL_[A-Z]+(?= = )' "$root/vmm/linux.h")" \
        "$(grep -oP '^\.It Dv \KLINUX_CALL_[A-Z]+' "$guest" | grep -vx LINUX_CALL_PORT)"
    local name value statements=
    while read -r name value; do
        statements+="printf(\"$name %llu %llu\\n\", (unsigned long long)$name, ${value}ull);"
    done < <(grep -oP '^\.(It )?Dv \KLINUX_[A-Z_]+ Pq [0-9a-fx]+' "$guest" | sed 's/ Pq / /')
    compiled "$statements" >values
    cat values
    [[ $(wc -l <values) -eq $(grep -c 'Dv LINUX_' "$guest") ]]
    awk '$2 != $3 { exit 1 }' values
}

@test "sparkler-guest(7) has the calls that fail because there is nothing behind them" {
    local part macro
    for part in "EPERM NOT_PERMITTED" "ENOSYS NOT_THERE"; do
        read -r part macro <<<"$part"
        same "$(grep -oP "^    $macro\(\K[a-z0-9_]+" "$root/guest/linux/system_calls.c")" \
            "$(section "$guest" "What is not there" | sed -n "/^\.It Er $part/,/^\.[IE]/{/^\./!p}" |
                grep -o '[a-z0-9_]*')"
    done
}

# names_in DIRECTORY: that the page has
names_in() {
    section "$guest" Files | grep -x -A 1 ".It Pa $1" | sed -n 's/^\.Pa //p' | grep -o '[a-z0-9_-]*'
}

@test "sparkler-guest(7) has the files of /dev and /proc, and the kernel's name" {
    need_kvm
    [[ -x /bin/busybox ]] || skip "busybox is missing: apt-get install busybox-static"
    # shellcheck disable=SC2016 # for the inner shell
    "$build/jailer" --program /bin/busybox --exec sparkler-vmm -- \
        sh -c 'for d in /dev /proc /proc/1; do echo "$d:"; ls -1 $d; done; echo release:; uname -r' >listed
    local directory
    for directory in /dev /proc /proc/PID; do
        same "$(sed -n "\|^${directory/PID/1}:|,/:\$/p" listed | grep -v ':$' | grep -v '^[0-9]*$')" \
            "$(names_in "$directory")"
    done
    grep -F "$(tail -n 1 listed)" "$guest"
}
