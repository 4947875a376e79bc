#!/bin/bash
# package_root.sh DIR, in a mount namespace of its own: DIR/1 and DIR/2 hold the
# packages of two releases. Ends with 77 when no overlay can be mounted.
set -eu
dir=$1
fail() { echo "FAILED $*"; exit 1; }
mkdir "$dir/o"
mount -t tmpfs -o size=1g tmpfs "$dir/o" || exit 77
mkdir "$dir/o/up" "$dir/o/work" "$dir/o/root"
root=$dir/o/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/o/up,workdir=$dir/o/work" \
    "$root" || exit 77
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
cp -r "$dir/1" "$dir/2" "$TAMGA_SOURCE/tests/deploy/package_job.sh" "$root/tmp/"
inside() { LC_ALL=C.UTF-8 LANGUAGE=en chroot "$root" "$@"; }
debs() { inside sh -c "DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io $1" \
    >"$dir/dpkg" 2>&1 || { cat "$dir/dpkg"; fail "dpkg $1"; }; }
[ ! -e "$root/usr/bin/tamga-verifier" ] || fail "installed on this machine already"

debs "-i /tmp/1/*.deb"
inside sh -c 'systemd-analyze verify --man=no tamga-verifier.service' || fail "unit"
inside test -L /etc/systemd/system/multi-user.target.wants/tamga-verifier.service ||
    fail "the unit is not enabled"
[ "$(inside stat -c '%U %a' /var/lib/tamga-verifier)" = "tamga-verifier 750" ] ||
    fail "HOME of the service"
inside setpriv --reuid tamga-verifier --regid tamga-verifier --clear-groups \
    tamga-verifier --home /var/lib/tamga-verifier --check-config || fail "conffile"
[ -s "$root/usr/share/man/man8/tamga-verifier.8.gz" ] &&
    [ -s "$root/usr/share/man/zh_CN/man1/tamga-scan.1.gz" ] || fail "man pages"
inside bash -c '. /usr/share/bash-completion/completions/tamga-scan &&
    COMP_WORDS=(tamga-scan --ra) COMP_CWORD=1 && _tamga_scan && [ "${COMPREPLY[0]}" = --raw ]' ||
    fail "completion"
inside bash /tmp/package_job.sh "" /tmp/job

# nginx, with the files that docs/operations.md says, as it came with the package
says=$(sed -n '/^cd .*\/examples\/nginx$/,/^```/p' \
    "$root/usr/share/doc/tamga-verifier/docs/operations.md" | sed '/^```/,$d')
[ -n "$says" ] || fail "operations.md says nothing of nginx"
inside sh -ec "$says
	mkdir -p /etc/ssl/tamga
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=verify.example -days 2 \
	    -keyout /etc/ssl/tamga/privkey.pem -out /etc/ssl/tamga/fullchain.pem
	nginx -t" >"$dir/nginx" 2>&1 || { tail -n 3 "$dir/nginx"; fail "nginx -t"; }
rm -rf "$root/etc/ssl/tamga" "$root"/etc/nginx/tamga-*.conf \
    "$root/etc/nginx/conf.d/tamga-verifier.conf"

# a setting of the administrator's outlives an upgrade; so does what was seen
sed -i 's/^;rate = 600/rate = 601/' "$root/etc/tamga/verifier.conf"
before=$(inside find /var/lib/tamga-verifier/cache -type f | sort)
[ -n "$before" ] || fail "nothing is remembered"
debs "-i /tmp/2/*.deb"
grep -q '^rate = 601' "$root/etc/tamga/verifier.conf" || fail "setting lost"
[ "$(inside find /var/lib/tamga-verifier/cache -type f | sort)" = "$before" ] ||
    fail "memory lost"
[ "$(inside dpkg-query -W -f '${Version}' tamga-verifier)" = 0.1.0-2 ] || fail "upgrade"

# removed: settings and memory stay; purged: nothing does
debs "-r tamga-verifier"
[ -e "$root/etc/tamga/verifier.conf" ] && [ -d "$root/var/lib/tamga-verifier" ] ||
    fail "remove took too much"
rm -rf "$root/srv/tamga/pub/"* "$root/etc/tamga/anchor.pem"
debs "-P tamga-issuer tamga-verifier tamga-scan tamga-review"
left=$(cd "$dir/o/up" && find . -path ./var/log -prune -o ! -type c -name '*tamga*' -print)
[ -z "$left" ] || fail "left after purge: $left"
echo "installed, used, upgraded, purged"
