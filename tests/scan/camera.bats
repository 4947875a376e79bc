#!/usr/bin/env bats
# tamga-scan --camera, against a V4L2 camera that fake_camera.so plays.

bats_require_minimum_version 1.5.0

setup_file() {
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$TAMGA_TESTS:$PATH
	export LANGUAGE=en LC_ALL=C.UTF-8
	unset TAMGA_HOME
	bash "$TAMGA_SOURCE/tests/web/make_home.sh" "$D"
	text=$(awk -F'\t' '$1 == "valid" { print $2; exit }' "$D/texts.tsv")
	qr_picture jpeg "$D/valid.jpg" "$text"
	qr_picture jpeg "$D/blank.jpg"
	qr_picture png "$D/valid.png" "$text"
	/usr/bin/python3 - "$D/valid.png" "$D/valid.pgm" <<-'END'
	import struct, sys, zlib
	d = open(sys.argv[1], "rb").read()
	at, raw = 8, b""
	while at < len(d):
	    n, kind = struct.unpack(">I4s", d[at:at + 8])
	    body = d[at + 8:at + 8 + n]
	    if kind == b"IHDR":
	        w, h, depth, colour = struct.unpack(">IIBB", body[:10])
	    elif kind == b"IDAT":
	        raw += body
	    at += 12 + n
	assert depth == 8 and colour == 0
	raw = zlib.decompress(raw)
	rows, last = [], bytearray(w)
	for y in range(h):
	    f, line = raw[y * (w + 1)], bytearray(raw[y * (w + 1) + 1:(y + 1) * (w + 1)])
	    for x in range(w):
	        a, b = (line[x - 1] if x else 0), last[x]
	        c = last[x - 1] if x else 0
	        p = a + b - c
	        paeth = min((a, b, c), key=lambda v: (abs(p - v), (a, b, c).index(v)))
	        line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[f]) & 255
	    rows.append(bytes(line))
	    last = line
	open(sys.argv[2], "wb").write(b"P5 %d %d 255\n" % (w, h) + b"".join(rows))
	END
}

camera() { # KIND FRAME ARGUMENT...
	local kind=$1 frame=$2
	shift 2
	FAKE_CAMERA=$kind FAKE_CAMERA_DEV=/dev/video0 FAKE_CAMERA_FRAME=$D/$frame \
	    LD_PRELOAD=$TAMGA_TESTS/fake_camera.so tamga-scan --home "$D/home" \
	    --pub "$D/pub" --anchor "$D/authority/anchor.pem" "$@"
}

@test "one shot: the first code, its verdict, its exit status" {
	for k in "mjpeg valid.jpg" "yuyv valid.pgm"; do
		run --separate-stderr camera $k --camera --json
		[ "$status" -eq 0 ] || { echo "$k: $output $stderr"; false; }
		[ "$(jq -r '.status + " " + .source' <<<"$output")" = "valid /dev/video0" ]
		[[ $stderr == *"Ctrl+C"* ]]
	done
	run --separate-stderr camera mjpeg valid.jpg --camera=/dev/video0 -q
	[ "$status" -eq 0 ]
	run --separate-stderr camera mjpeg valid.jpg --camera /dev/video0 --raw
	[ "$status" -eq 0 ]
	[[ $output == https://* ]]
}

@test "no code: 3 after --wait" {
	run --separate-stderr camera mjpeg blank.jpg --camera --wait 1
	[ "$status" -eq 3 ]
	[ -z "$output" ]
	[[ $stderr == *"no code was read"* ]]
}

@test "continuous: a code in sight is told once; Ctrl+C ends with its status" {
	FAKE_CAMERA=mjpeg FAKE_CAMERA_DEV=/dev/video0 \
	    FAKE_CAMERA_FRAME=$D/valid.jpg \
	    LD_PRELOAD=$TAMGA_TESTS/fake_camera.so tamga-scan --home "$D/home" \
	    --pub "$D/pub" --anchor "$D/authority/anchor.pem" \
	    --camera --continuous --json >"$D/out" 2>"$D/err" 3>&- &
	pid=$!
	for _ in $(seq 100); do [ -s "$D/out" ] && break; sleep 0.1; done
	sleep 1
	kill -TERM "$pid" # INT is ignored by what bash starts in the background
	wait "$pid"
	[ "$(wc -l <"$D/out")" -eq 1 ]
}

@test "what is wrong with a camera is said, with exit 2" {
	for k in busy:"another program" denied:"group video" output:"no camera that gives" gone:"no camera at"; do
		run --separate-stderr camera "${k%%:*}" blank.jpg --camera --wait 5
		[ "$status" -eq 2 ] || { echo "$k: $status"; false; }
		[[ $stderr == *"${k#*:}"* ]] || { echo "$k: $stderr"; false; }
	done
	[ ! -e /dev/video9 ]
	run --separate-stderr tamga-scan --raw --camera=/dev/video9
	[ "$status" -eq 2 ]
	[[ $stderr == *"no camera at /dev/video9"* ]]
	run --separate-stderr tamga-scan --raw --camera=/dev/null
	[ "$status" -eq 2 ]
	[[ $stderr == *"/dev/null is no camera"* ]]
	LANGUAGE=zh run --separate-stderr tamga-scan --raw --camera=/dev/video9
	[[ $stderr == *"没有摄像头"* ]]
}

@test "a camera that gives no picture is an error, not a wait for ever" {
	run --separate-stderr camera dark blank.jpg --camera --wait 60
	[ "$status" -eq 2 ]
	[[ $stderr == *"gives no pictures"* ]]
}

@test "wrong usage" {
	run camera mjpeg valid.jpg --camera x.png
	[ "$status" -eq 2 ]
	run camera mjpeg valid.jpg --continuous x.png
	[ "$status" -eq 2 ]
	run camera mjpeg valid.jpg --camera --wait soon
	[ "$status" -eq 2 ]
}
