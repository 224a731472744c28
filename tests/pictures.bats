# The pictures of README.md: they show what the programs say and do, and are nothing but pictures.

load lib.bash
load upstream/lib

pictures=("$root"/{jailer,guest}/*.svg)

# is_committed PICTURE: the test has drawn the same one, byte for byte
is_committed() {
    diff "$root/$1" "$BATS_TEST_TMPDIR/${1##*/}" || {
        echo "make pictures draws it anew, if this change is meant"
        return 1
    }
}

@test "jailer/walls.svg is what jailer --explain and sparkler-policy explain say" {
    need_root "have a janitor, whose walls are in it"
    python3 "$root/jailer/walls.py" "$build" >"$BATS_TEST_TMPDIR/walls.svg"
    is_committed jailer/walls.svg
}

# session NAME: a new recording is the committed one
session() {
    local lacks
    need_kvm
    need_root "leave the network and stay itself"
    command -v tmux >/dev/null || skip "tmux is not installed"
    lacks=$("$build/jailer" --explain 2>&1 >/dev/null)
    [[ -z $lacks ]] || skip "the screen would say that too: $lacks"
    "$root/tests/sessions/record" "$1" >"$BATS_TEST_TMPDIR/$1.svg" 3>&-
    is_committed "guest/$1.svg"
}

@test "guest/monitor.svg is what make run shows" {
    session monitor
}

@test "guest/python.svg is what a Python program reads, asks and is denied" {
    local missing
    missing=$(upstream_missing kvm)
    [[ -z $missing ]] || skip "$missing"
    [[ ! -d /run/rig ]] || skip "the rig has no network to fetch packages by"
    session python
}

@test "pictures are small, well-formed, and neither run nor load anything" {
    python3 - "${pictures[@]}" <<'END'
import re, sys, xml.etree.ElementTree as tree

for name in sys.argv[1:]:
    text = open(name, encoding="utf-8").read()
    assert len(text.encode()) < 40000, f"{name}: {len(text.encode())} bytes"
    assert "<!" not in text and "<?" not in text, f"{name}: a declaration"
    assert "@import" not in text and re.search(r"url\((?!#)", text) is None, f"{name}: a style"
    assert text.count("://") == 1, f"{name}: an address, beside that of SVG"
    for element in tree.fromstring(text).iter():
        kind = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        assert kind in {"svg", "title", "style", "defs", "marker", "pattern", "path", "rect",
                        "circle", "text", "tspan", "g"}, f"{name}: <{kind}>"
        for attribute in element.attrib:
            assert not attribute.startswith("on") and "href" not in attribute, f"{name}: {attribute}"
END
}

@test "README.md shows each picture, and says in words what it shows" {
    local picture
    for picture in "${pictures[@]}"; do
        [[ $(grep -cE "^!\[.{40,}\]\(${picture#"$root/"}\)$" "$root/README.md") -eq 1 ]]
    done
}
