#!/bin/bash
# The machine that the drill runs on. Called by run.sh alone, as the first process of namespaces of its own.
set -e
root=$1 out=$2
[ $$ -eq 1 ] || { echo "not the first process of a namespace: nothing is done" >&2; exit 1; }
mount --make-rprivate /
mount -t tmpfs -o size=600m,mode=755 tmpfs "$root"
cd "$root"
mkdir -p usr etc/systemd/system var/log/journal var/lib tmp run proc sys dev root opt out old
chmod 1777 tmp
mount --bind /usr usr
mount -o remount,bind,ro usr
for link in bin sbin lib lib64; do ln -s usr/$link $link; done
for file in passwd group nsswitch.conf ld.so.cache alternatives; do cp -a "/etc/$file" etc/ 2>/dev/null || true; done
mkdir -p etc/dbus-1
od -An -tx1 -N16 /dev/urandom | tr -d ' \n' > etc/machine-id
echo >> etc/machine-id
hostname drill
install -m 755 "$out/codexuse" "$out/drill.sh" opt/
mount --bind "$out" out
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t tmpfs tmpfs sys
mkdir -p sys/fs/cgroup
if [ -d /sys/fs/cgroup/systemd ]; then
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
touch dev/console
ip link set lo up
# Whatever is about hardware, time or temporary files of a machine is none of the drill's business.
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
  systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service systemd-tmpfiles-clean.timer systemd-sysctl.service \
  systemd-modules-load.service systemd-random-seed.service systemd-update-utmp.service systemd-sysusers.service \
  systemd-binfmt.service systemd-firstboot.service systemd-timesyncd.service systemd-networkd.service \
  systemd-remount-fs.service kmod-static-nodes.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount sys-fs-fuse-connections.mount getty.target; do
  ln -s /dev/null etc/systemd/system/$unit
done
cat > etc/systemd/system/drill.service <<'UNIT'
[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/bin/bash /opt/drill.sh
ExecStopPost=/bin/systemctl --no-block poweroff
UNIT
cat > etc/systemd/system/drill.target <<'UNIT'
[Unit]
Requires=basic.target
Wants=drill.service
After=basic.target
AllowIsolate=yes
UNIT
pivot_root . old
cd /
umount -l /old
rmdir /old
exec env -i container=drill PATH=/usr/bin:/usr/sbin /usr/lib/systemd/systemd --system --unit=drill.target \
  --log-target=console > /out/systemd.log 2>&1 < /dev/null
