# For bench/run: registries of several sizes, filled in bulk, on both engines;
# what one operation costs in each. The sizes, engines and turns:
#     TAMGA_BENCH_SCALE="100000 1000000 10000000" (50 GB for these in
#     TAMGA_BENCH_DIR, removed at the end) TAMGA_BENCH_ENGINES TAMGA_BENCH_TURNS
# TAMGA_BENCH_NICE: what the measured commands run under ("nice -n -15").

scale_line() { printf '%-44s %12.1f  %-10s\n' "$1" "$2" "$3"; }

# CPU of all of a server's processes, those that have ended too.
scale_server_cpu() {
	local main hz
	main=$(head -n 1 "$scale_dir"/tamga-pg.*/data/postmaster.pid 2>/dev/null) ||
	    { echo 0; return; }
	hz=$(getconf CLK_TCK)
	cat "/proc/$main/stat" $(pgrep -P "$main" | sed 's|.*|/proc/&/stat|') |
	    awk -v hz="$hz" -v main="$main" '{ s += $14 + $15
		if ($1 == main) s += $16 + $17 } END { print s / hz }'
}

# CPU of a command and of the server meanwhile.
scale_cpu() {
	local before cpu
	before=$(scale_server_cpu)
	cpu=$(cpu_of ${TAMGA_BENCH_NICE-} "$@") || [ $? -eq 1 ] || return
	sleep 0.1
	awk -v a="$before" -v b="$(scale_server_cpu)" -v c="$cpu" \
	    'BEGIN { print b - a + c }'
}

scale_home() { # engine size: its folder; the registry's address in $spec
	local home=$scale_dir/$1-$2
	[ -d "$home" ] || cp -r "$tmp/body" "$home"
	spec=sqlite:$home/registry.db
	if [ "$1" = postgresql ]; then
		[ -e "$home.spec" ] || {
			echo spec >&"${PG[1]}"
			read -r -t 60 spec <&"${PG[0]}"
			echo "$spec" >"$home.spec"
		}
		spec=$(cat "$home.spec")
	fi
}

scale_engine() { # engine sizes…
	local engine=$1 spec n cpu args=() few=10000
	local o=(-q --anchor "$tmp/authority/anchor.pem" --rules "$scale_dir/rules.ini")
	shift
	[ "$engine" = sqlite ] || {
		coproc PG { TMPDIR=$scale_dir "$build/tests/pg_server" \
		    "-c fsync=on -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c shared_buffers=1GB"; }
	}
	for n in "$@"; do
		local s=$SECONDS
		scale_home "$engine" "$n"
		echo "$engine: $n certificates and claims" >&2
		nice bench-scale fill "$scale_dir/$engine-$n" "$spec" "$tmp/pass" "$n" \
		    "$scale_dir/claims.csv" "$scale_dir/desk" >&2
		echo "$engine: $n made in $((SECONDS - s)) s" >&2
		cp -r "$tmp/pub" "$scale_dir/pub-$engine-$n"
	done
	# Real ones, signed: what the claims will be about.
	for n in "$@"; do
		scale_home "$engine" "$n"
		cpu=$(scale_cpu tamga-issuer issue --home "$scale_dir/$engine-$n" \
		    --registry "$spec" "$scale_dir/roster.csv" --batch people -q \
		    --skip-bad --pass-file "$tmp/pass")
		scale_line "tamga-issuer-issue-$engine-$n" \
		    "$(awk -v c="$cpu" -v n="$few" 'BEGIN { print 1e6 * c / n }')" us
		cpu=$(scale_cpu tamga-issuer publish --home "$scale_dir/$engine-$n" \
		    --registry "$spec" --out "$scale_dir/pub-$engine-$n" -q \
		    --pass-file "$tmp/pass")
		scale_line "tamga-issuer-publish-first-$engine-$n" \
		    "$(awk -v c="$cpu" -v n="$n" 'BEGIN { print 1e6 * c / n }')" us/entry
	done
	for n in "$@"; do
		scale_home "$engine" "$n"
		args+=("$n" "$scale_dir/$engine-$n" "$spec")
	done
	${TAMGA_BENCH_NICE-} bench-scale measure "$tmp/pass" \
	    "${TAMGA_BENCH_TURNS:-41}" "$scale_dir/pub" "${args[@]}"
	for n in "$@"; do
		local pub=$scale_dir/pub-$engine-$n desk=$scale_dir/desk
		scale_home "$engine" "$n"
		review-entries "$spec" https://verify.tamga.example/ people |
		    "$here/tests/data/make_claims.py" >"$scale_dir/few.csv"
		cpu=$(scale_cpu tamga-review check "$scale_dir/few.csv" \
		    --home "$desk" --pub "$pub" "${o[@]}" --registry "$spec")
		scale_line "review-check-10000-$engine-$n" "$cpu" s
		[ "$engine" = sqlite ] || continue
		for _ in 1 2 3; do
			cpu=$(scale_cpu tamga-audit "$pub" -q \
			    --anchor "$tmp/authority/anchor.pem")
			scale_line "audit-$n" "$cpu" s
		done
	done
	if [ "$engine" = sqlite ]; then
		du -sBM "$scale_dir"/sqlite-*/registry.db "$scale_dir"/sqlite-*/log >&2
	else
		for n in "$@"; do
			scale_home "$engine" "$n"
			echo "$n $(psql "$spec" -Atc 'SELECT sum(pg_total_relation_size(c.oid))/1000000 FROM pg_class c WHERE relkind = '"'r'"' AND relnamespace = current_schema()::regnamespace') MB" >&2
		done
		eval "exec ${PG[1]}>&-"
		wait "$PG_PID" || true
	fi
	rm -rf "$scale_dir/$engine"-* "$scale_dir/pub-$engine"-* \
	    "$scale_dir/pub/$engine"-*
}

bench_scale() {
	local spec engine
	keys
	scale_dir=$(mktemp -d "${TAMGA_BENCH_DIR:-.}/bench-scale.XXXXXX")
	chmod 711 "$scale_dir"
	"$here/tests/data/make_roster.py" --people 10000 --kinds 2 --seed 13 \
	    >"$scale_dir/roster.csv"
	"$here/tests/data/make_claims.py" --rules >"$scale_dir/rules.ini"
	scale_home sqlite small
	tamga-issuer issue --home "$scale_dir/sqlite-small" "$scale_dir/roster.csv" \
	    --batch people -q --skip-bad --pass-file "$tmp/pass" >&2 || [ $? -eq 1 ]
	review-entries "$spec" https://verify.tamga.example/ |
	    "$here/tests/data/make_claims.py" >"$scale_dir/claims.csv"
	rm -rf "$scale_dir/sqlite-small"
	for engine in ${TAMGA_BENCH_ENGINES:-sqlite postgresql}; do
		# shellcheck disable=SC2086
		scale_engine "$engine" ${TAMGA_BENCH_SCALE:-100000 200000}
	done
}
