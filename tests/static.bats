# What compilers and static analysers say about the sources.

setup() {
    [[ ! -d /run/rig ]] || skip "it checks the sources, and would take an hour in emulation"
    cd "$BATS_TEST_DIRNAME/.."
    out=${BUILD:-build}/static
}

need() {
    command -v "$1" >/dev/null || skip "$1 is missing: apt-get install $1"
}

# build NAME ARGUMENT...: make, in its own build directory, and not as part of the `make check` that
# may have started this
build() {
    local name=$1
    shift
    env -u MAKEFLAGS -u MAKELEVEL make -s BUILD="$out/$name" "$@"
}

# sources PATTERN...: prints the files whose names match
sources() {
    local names=(-false)
    for name in "$@"; do
        names+=(-o -name "$name")
    done
    find vmm netbroker jailer policy tests '(' "${names[@]}" ')' -print
}

# scripts: prints the shell scripts, which their first lines tell
scripts() {
    find .ci guest jailer policy tests -type f -exec grep -lIEm1 '^#!.*[/ ](ba)?sh$' {} +
}

@test "gcc: no warning" {
    build gcc all probes units
}

@test "clang: no warning" {
    need clang
    build clang CC=clang all probes units
}

# gcc 12 loses track of memory held by a structure; valgrind looks for leaks instead.
@test "gcc -fanalyzer: no path to a bad access, a double free, an uninitialized value" {
    build analyzer EXTRA='-fanalyzer -fanalyzer-verbosity=0 -Wno-analyzer-malloc-leak'
}

@test "cppcheck: no error, no warning" {
    need cppcheck
    cppcheck --std=c11 --enable=warning,portability --quiet --error-exitcode=1 \
        -D_GNU_SOURCE -I. vmm jailer policy netbroker tests/unit tests/probes tests/fuzz
}

@test "clang-tidy: no finding of .clang-tidy's checks" {
    need clang-tidy
    FLAGS=$(build gcc flags)
    export FLAGS
    # shellcheck disable=SC2016 # for the shell that xargs starts
    run xargs -n 8 -P "$(nproc)" sh -c 'clang-tidy --quiet "$@" -- $FLAGS 2>&1' sh \
        < <(sources '*.c' | grep -v ^tests/)
    grep -E 'warning:|error:' <<<"$output" || true
    [ "$status" -eq 0 ]
}

@test "clang-format: the sources are formatted" {
    need clang-format
    { sources '*.c' '*.h' && find guest -name '*.[ch]'; } | xargs clang-format --dry-run --Werror
}

@test "shellcheck: scripts, helpers and bats files" {
    need shellcheck
    scripts | xargs shellcheck --severity=warning
    scripts | xargs shellcheck --include=SC2086
    sources '*.bash' | xargs shellcheck --severity=warning --shell=bash
    sources '*.bats' | xargs shellcheck --severity=warning --shell=bats
}

@test "policies: no line is longer than 100 columns" {
    run awk 'length > 100 { print FILENAME ":" FNR ": " $0 }' policy/*.policy
    [[ $status -eq 0 && -z $output ]]
}

@test "Python: the tests' scripts compile" {
    need python3
    sources '*.py' | xargs -n 1 python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())'
}
