#!/bin/bash
# The Debian packages: made, looked over by lintian, installed in a throw-away
# copy of this machine's root (an overlay in memory), the main job done with
# what they brought, upgraded, purged, and nothing is left. Where no overlay
# can be mounted they are unpacked into a folder and the job is done from there.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAILED $*"; exit 1; }
here=$TAMGA_SOURCE/tests/deploy

pack() { # release components
	(cd "$TAMGA_BIN/.." && cpack -B "$tmp/$1" -D CPACK_DEBIAN_PACKAGE_RELEASE="$1" \
	    -D CPACK_COMPONENTS_ALL="$2") \
	    >"$tmp/cpack" 2>&1 || { cat "$tmp/cpack"; fail "cpack"; }
}
pack 1 "issuer;verifier;scan;review"
pack 2 verifier
cd "$tmp/1"
[ "$(ls -- *.deb | sed 's/_.*//' | tr '\n' ' ')" = \
    "tamga-issuer tamga-review tamga-scan tamga-verifier " ] || fail "packages: $(ls)"
lintian --allow-root --fail-on error -- *.deb || fail "lintian"

# what is loaded or run by name is depended on; a verifier cannot issue
for p in *.deb; do
	for d in libheif1 libtiff6 libqpdf29 poppler-utils libssl3; do
		dpkg-deb -f "$p" Depends | grep -qw "$d" || fail "$p needs $d"
	done
	list=$(dpkg-deb -c "$p")
	# what its man pages and texts point to came with it
	rm -rf "$tmp/x"
	dpkg-deb -x "$p" "$tmp/x"
	doc=$tmp/x/usr/share/doc/${p%%_*}
	names=$(cd "$doc" && zcat ../../man/man?/*.gz | sed 's/\\&//g' |
	    grep -o 'docs/[a-z.-]*\.md'
		grep -oh 'docs/[a-z.-]*\.md' README*.md
		cd docs && grep -oh '](\(\.\./\)\?[a-z.-]*\.md' -- *.md | sed 's/](/docs\//')
	for name in $(sort -u <<<"$names"); do
		[ -s "$doc/$name" ] || fail "$p points to $name, which is not in it"
	done
	[ "$(wc -l <<<"$names")" -gt 30 ] || fail "$p: few pointers: $names"
	case $p in
	tamga-issuer_*) grep -q '/usr/bin/tamga-keys$' <<<"$list" || fail "no tamga-keys" ;;
	*) ! grep -Eq '/tamga-(issuer|keys)(\.|$)' <<<"$list" || fail "$p can issue" ;;
	esac
done

if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	unshare -m bash "$here/package_root.sh" "$tmp" && exit 0
	[ $? -eq 77 ] || fail "in the throw-away root"
fi
echo "no overlay here: unpacked only"
mkdir "$tmp/root"
for p in *.deb; do dpkg-deb -x "$p" "$tmp/root"; done
mkdir "$tmp/job"
bash "$here/package_job.sh" "$tmp/root" "$tmp/job"
