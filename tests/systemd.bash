# A systemd of a test's own, with its bus and its journal, in namespaces and a cgroup of its own. It sees
# the host's files, but none of its units; what it and its services write to /dev, /etc, /run, /tmp and
# /var nobody else sees, and is gone with it.
#
# Source it behind lib.bash; then `systemd_start` in setup_file, `systemd_stop` in teardown_file.

# systemd_start [DIRECTORY...]: those of /run, /tmp or /var that it is to see. Leaves why there can be none
# here, or nothing, in $systemd_missing.
systemd_start() {
    local hierarchies
    hierarchies=$(systemd_hierarchies)
    export systemd_group=sparkler-systemd-$$ systemd_unshare='' systemd_missing
    systemd_missing=$(systemd_lacks)
    [ -z "$systemd_missing" ] || return 0
    systemd_cgroups
    env -i PATH="$PATH" unshare --mount --pid --fork --uts --ipc --net --kill-child \
        "$root/tests/probes/systemd" "$systemd_group" "$hierarchies" "$@" \
        </dev/null >"$BATS_FILE_TMPDIR/systemd" 2>&1 3>&- &
    systemd_unshare=$!
    within systemd_is_up || {
        cat "$BATS_FILE_TMPDIR/systemd"
        return 1
    }
}

systemd_stop() {
    [ -n "${systemd_unshare:-}" ] || return 0
    kill -KILL "$systemd_unshare"
    within gone "$systemd_unshare"
    within systemd_cgroups_removed
    systemd_unshare=
}

# inside COMMAND...: runs it there, in this directory if it is there, too
inside() {
    local systemd
    read -r systemd <"/proc/$systemd_unshare/task/$systemd_unshare/children" || true # no newline
    # shellcheck disable=SC2016 # for the shell inside
    nsenter --target "$systemd" --mount --pid --uts --ipc --net --cgroup \
        bash -c 'cd "$0" 2>/dev/null; exec "$@"' "$PWD" "$@"
}

systemd_lacks() {
    if [ "$(id -u)" != 0 ]; then
        echo "only root can start a systemd"
    elif [[ ! -x /lib/systemd/systemd ]]; then
        echo "systemd is missing: apt-get install systemd"
    elif ! command -v dbus-daemon >/dev/null; then
        echo "dbus-daemon is missing: apt-get install dbus"
    elif [ -z "$(systemd_hierarchies)" ]; then
        echo "no cgroups are mounted here"
    elif ! systemd_hierarchies | while read -r directory _; do [ -w "$directory" ] || exit; done; then
        echo "cgroups cannot be made here"
    else
        unshare --mount --pid --fork --uts --ipc --net --cgroup mount -t tmpfs none /mnt 2>&1
    fi
}

# Lines of a directory, the type of its file system, and its options. In v1's cpuset nobody can be before
# its processors are set.
systemd_hierarchies() {
    findmnt --raw --noheadings --types cgroup,cgroup2 --output TARGET,FSTYPE,FS-OPTIONS |
        grep '^/sys/fs/cgroup' | grep -v -w cpuset
}

# Makes its cgroups.
systemd_cgroups() {
    local directory type
    while read -r directory type _; do
        # v2 beside v1 has none of these
        [ "$type" = cgroup ] || [[ ! $(<"$directory/cgroup.controllers") =~ memory ]] ||
            echo '+memory +pids +cpu' >"$directory/cgroup.subtree_control"
        mkdir "$directory/$systemd_group"
    done < <(systemd_hierarchies)
}

systemd_cgroups_removed() {
    local directory
    while read -r directory _; do
        [ ! -d "$directory/$systemd_group" ] ||
            find "$directory/$systemd_group" -depth -type d -exec rmdir {} + 2>/dev/null || return 1
    done < <(systemd_hierarchies)
}

systemd_is_up() {
    [ "$(inside systemctl is-active basic.target 2>/dev/null)" = active ]
}
