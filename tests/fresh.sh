#!/bin/bash
# tests/fresh.sh DIR demo|check|bootstrap|remove: see docs/fresh-machine.md
set -eu
[ $# -eq 2 ] || { sed -n 2p "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$1
what=$2
unmount() {
	local m
	for m in dev sys proc; do
		! mountpoint -q "$dir/$m" || umount -R -l "$dir/$m"
	done
}
case $what in
remove)
	unmount
	rm -rf --one-file-system "$dir"
	exit 0 ;;
demo) command="./demo --no-serve" ;;
bootstrap) command="./bootstrap" ;;
check) command="./check" ;;
*) sed -n 2p "$0" >&2; exit 2 ;;
esac

if [ ! -e "$dir/etc/debian_version" ]; then
	echo "== debootstrap into $dir"
	debootstrap --variant=minbase --include=git,ca-certificates bookworm "$dir"
fi
if [ ! -e "$dir/.settings" ]; then
	# The same sources and client settings as here, whatever they are.
	rm -f "$dir"/etc/apt/sources.list
	cp -a /etc/apt/sources.list* /etc/apt/apt.conf.d "$dir/etc/apt/" 2>/dev/null || true
	for f in /etc/resolv.conf /etc/hosts /etc/npmrc "$HOME/.npmrc" /etc/ssl/certs/ca-certificates.crt \
	    /usr/share/keyrings/*.gpg; do
		[ ! -e "$f" ] || install -D -m 644 "$f" "$dir$f"
	done
	: >"$dir/.settings"
fi
trap unmount EXIT
mount -t proc proc "$dir/proc"
mount -t sysfs sys "$dir/sys"
mount --rbind /dev "$dir/dev"
mount --make-rslave "$dir/dev"
rm -rf "$dir/root/tamga"
git clone -q "$here" "$dir/root/tamga"
# The data for tests that stands beside every checkout.
if [ -d "$here/../shared" ] && [ ! -e "$dir/root/shared" ]; then
	cp -a "$here/../shared" "$dir/root/shared"
fi
echo "== $command in $dir"
settings=()
for v in http_proxy https_proxy no_proxy npm_config_registry NODE_EXTRA_CA_CERTS; do
	[ -z "${!v-}" ] || settings+=("$v=${!v}")
done
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb "${settings[@]}" \
    chroot "$dir" bash -c "cd /root/tamga && $command"
