# The same sources give the same bytes, so that anybody can check what somebody else has built.

load lib.bash

# build_copy DIRECTORY [NAME=VALUE...]: builds a copy of the sources there, in this environment
build_copy() {
    copy_sources "$1"
    env -u MAKEFLAGS -u MAKELEVEL "${@:2}" make -s -C "$1" BUILD=build
}

@test "two builds, in two directories, at two times and in two environments, are the same bytes" {
    cd "$BATS_TEST_TMPDIR"
    build_copy one LC_ALL=C TZ=UTC
    (
        umask 077
        build_copy another/directory/below LC_ALL=C.UTF-8 TZ=Asia/Kolkata USER=somebody
    )
    local program built=0
    while read -r program; do
        echo "$program"
        cmp "one/build/$program" "another/directory/below/build/$program"
        built=$((built + 1))
    done < <(cd one/build && find . -maxdepth 1 -type f)
    [[ $built -ge 8 ]]
}
