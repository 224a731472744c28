# A short run of every fuzzer; `make fuzz` is the long one. The properties that they check besides
# memory errors stand in tests/fuzz/clean.h.

@test "fuzz: whatever goes into a parser, what comes out is printable, bounded and ends with NUL" {
    run tests/fuzz/run -runs=20000 -seed=1
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^Done [0-9]* runs' <<<"$output")" -eq 11 ]
}
