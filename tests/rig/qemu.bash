# The version of QEMU, which prepare and run depend on. Source it.

# Such as 7.2.22
qemu_version() {
    qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p'
}

# qemu_is_at_least VERSION
qemu_is_at_least() {
    printf '%s\n' "$1" "$(qemu_version)" | sort -CV
}
