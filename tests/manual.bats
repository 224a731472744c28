# The manual pages: well-formed, and complete.

load lib.bash

pages=("$root"/jailer/{,oci/}*.8 "$root"/policy/*.1)

# options_in: those that a text names
options_in() {
    grep -oE -- '(^|[^-[:alnum:]])--[a-z][a-z-]*' | grep -o -- '--.*' | sort -u
}

# page FILE: as text, without bold and underlined letters
page() {
    mandoc -Tascii "$1" | sed 's/.\x08//g'
}

setup() {
    command -v mandoc >/dev/null || skip "mandoc is missing: apt-get install mandoc"
}

@test "mandoc finds nothing to warn of" {
    run mandoc -Tlint -W warning "${pages[@]}"
    echo "$output"
    [[ $status -eq 0 && -z $output ]]
}

@test "jailer(8) has the options of --help and --help=linux, and no others" {
    diff <({ "$build/jailer" --help && "$build/jailer" --help=linux; } | options_in) \
        <(page "$root/jailer/jailer.8" | options_in)
}

# has_commands_of PROGRAM PAGE: and the same options
has_commands_of() {
    local help
    help=$("$build/$1" --help)
    diff <(options_in <<<"$help" | grep -vx -e --help -e --version) <(page "$root/$2" | options_in)
    diff <(grep -oP '^  \K[a-z]+(, [a-z]+)*(?= |$)' <<<"$help" | tr -s ', ' '\n' | sort -u) \
        <(sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$root/$2" | sort -u)
}

@test "sparkler-policy(1) has the commands and options of --help, and no others" {
    has_commands_of sparkler-policy policy/sparkler-policy.1
}

@test "sparkler-oci(8) has the commands and options of --help, and no others" {
    has_commands_of sparkler-oci jailer/oci/sparkler-oci.8
}
