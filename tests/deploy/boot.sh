#!/bin/bash
# The hardened unit under a real systemd: started as PID 1 of namespaces of its
# own, in a throw-away copy of this machine's root. It gets ready, reads
# pictures in its jail, reloads, keeps the watchdog quiet, is started again when
# it hangs, and lets a request in hand come to its end when it is stopped.
# Says "not tried" where this is not root or has no overlay or cgroup2.
set -eu
if [ "${1-}" != inside ]; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	mkdir "$tmp/o" "$tmp/out"
	[ "$(id -u)" = 0 ] && grep -qw cgroup2 /proc/filesystems &&
	    unshare -m -p -f -C -n true 2>/dev/null || { echo "not tried"; exit 0; }
	rc=0
	timeout 300 unshare -m -p -f -C -n --kill-child bash "$0" inside "$tmp" >"$tmp/log" 2>&1 || rc=$?
	[ $rc -ne 77 ] || { tail -n 3 "$tmp/log"; echo "not tried"; exit 0; }
	cat "$tmp/out/said" || { cat "$tmp/log"; exit 1; }
	[ "$(tail -n 1 "$tmp/out/said")" = good ]
	exit
fi

d=$2
r=$d/o/root
ip link set lo up || exit 77 # a port 8080 of its own
mount --make-rprivate / && mount -t tmpfs -o size=1g tmpfs "$d/o" || exit 77
mkdir "$d/o/up" "$d/o/work" "$r"
mount -t overlay overlay -o "lowerdir=/,upperdir=$d/o/up,workdir=$d/o/work" "$r" || exit 77
mount -t proc proc "$r/proc"
mount -t tmpfs -o mode=755 tmpfs "$r/run"
mount -t tmpfs -o mode=1777 tmpfs "$r/tmp"
mount -t sysfs sysfs "$r/sys" && mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup" || exit 77
mount --bind /dev "$r/dev"
mount --bind "$d/out" "$r/mnt"
cp "$TAMGA_BIN/tamga-verifier" "$r/usr/bin/"
rm -f "$r/bin/kill" # as on a Debian without procps
unit=$r/lib/systemd/system/tamga-verifier.service
# no basic.target here, all else as shipped
sed 's/^\[Unit\]/&\nDefaultDependencies=no/' \
    "$TAMGA_SOURCE/deploy/systemd/tamga-verifier.service" >"$unit"
mkdir -p "$unit.d" "$r/etc/tamga" "$r/srv/tamga/pictures"
printf '[Service]\nWatchdogSec=6\n' >"$unit.d/test.conf"
cp -r "$TAMGA_WEB_HOME/pub" "$TAMGA_WEB_HOME/pictures" "$r/srv/tamga/"
chmod -R a+rX "$r/srv/tamga"
install -m 644 "$TAMGA_WEB_HOME/authority/anchor.pem" "$r/etc/tamga/anchor.pem"
cp "$TAMGA_SOURCE"/deploy/sysusers.d/* "$r/usr/lib/sysusers.d/"
chroot "$r" systemd-sysusers tamga-verifier.conf
chroot "$r" install -d -o tamga-verifier -g tamga-verifier -m 750 /var/lib/tamga-verifier
printf '[verifier]\npub = /srv/tamga/pub\n' >"$r/var/lib/tamga-verifier/tamga.conf"
chmod 644 "$r/var/lib/tamga-verifier/tamga.conf"
cp "$TAMGA_SOURCE/tests/deploy/boot_job.sh" "$r/"
cat >"$r/lib/systemd/system/boot.target" <<-END
	[Unit]
	Wants=tamga-verifier.service boot_job.service
	END
cat >"$r/lib/systemd/system/boot_job.service" <<-END
	[Unit]
	DefaultDependencies=no
	[Service]
	Type=oneshot
	ExecStart=/bin/bash /boot_job.sh
	END
# not chroot: the unit's PrivateUsers= would be refused
mkdir "$r/old"
cd "$r"
pivot_root . old
cd /
umount -l /old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=boot.target --show-status=0
