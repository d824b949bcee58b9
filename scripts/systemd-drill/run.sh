#!/bin/bash
# Is `daemon install` true under a real systemd? Boots one as the first process of namespaces of its own (processes, mounts,
# network, names), on a root file system in memory where nothing of this machine is to be seen but /usr, read-only. Needs
# root on Linux, systemd, perl, and dist/codexuse. Takes three minutes. Usage: scripts/systemd-drill/run.sh <output folder>
set -eu
out=$(realpath -m "${1:?an output folder}")
here=$(dirname "$(realpath "$0")")
mkdir -p "$out"
install -m 755 "$here/../../dist/codexuse" "$here/drill.sh" "$out/"
root=$(mktemp -d)
if [ -d /sys/fs/cgroup/systemd ]; then hierarchy=/sys/fs/cgroup/systemd; else hierarchy=/sys/fs/cgroup; fi
group=$hierarchy/codexuse-drill
mkdir -p "$group"
bash -c 'echo $BASHPID > "$0/cgroup.procs"; exec timeout 400 unshare --mount --pid --uts --ipc --net --cgroup --fork \
  --kill-child --propagation private bash "$@"' "$group" "$here/box.sh" "$root" "$out" || true
find "$group" -depth -type d -exec rmdir {} \;
rmdir "$root"
grep -E '^(ok|FAILED) ' "$out/drill.log"
grep -q '^ok the end' "$out/drill.log" && ! grep -q '^FAILED ' "$out/drill.log"
