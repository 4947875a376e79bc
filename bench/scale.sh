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
	cpu=$(cpu_of ${TAMGA_BENCH_NICE-} "$@") || [ $? -ne 2 ] || return
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

scale_fill() { # engine sizes…
	local engine=$1 spec n s
	shift
	for n in "$@"; do
		s=$SECONDS
		scale_home "$engine" "$n"
		echo "$engine: $n certificates and claims" >&2
		nice bench-scale fill "$scale_dir/$engine-$n" "$spec" "$tmp/pass" "$n" \
		    "$scale_dir/claims.csv" "$scale_dir/desk" >&2
		echo "$engine: $n made in $((SECONDS - s)) s" >&2
	done
}

# Real ones, signed: what the claims will be about.
scale_issue() { # engine sizes…
	local engine=$1 spec n cpu
	shift
	for n in "$@"; do
		scale_home "$engine" "$n"
		cp -rL "$tmp/pub" "$scale_dir/pub/$engine-$n"
		cpu=$(scale_cpu tamga-issuer issue --home "$scale_dir/$engine-$n" \
		    --registry "$spec" "$scale_dir/roster.csv" --batch people -q \
		    --skip-bad --pass-file "$tmp/pass")
		scale_line "tamga-issuer-issue-10000-$engine-$n" "$cpu" s
		cpu=$(scale_cpu tamga-issuer publish --home "$scale_dir/$engine-$n" \
		    --registry "$spec" --out "$scale_dir/pub/$engine-$n" -q \
		    --pass-file "$tmp/pass")
		scale_line "tamga-issuer-publish-first-$engine-$n" "$cpu" s
	done
}

scale_calls() { # engine sizes…
	local engine=$1 spec n args=()
	shift
	for n in "$@"; do
		scale_home "$engine" "$n"
		args+=("$n" "$scale_dir/$engine-$n" "$spec")
	done
	${TAMGA_BENCH_NICE-} bench-scale measure "$tmp/pass" \
	    "${TAMGA_BENCH_TURNS:-41}" "$scale_dir/pub" "${args[@]}"
}

# The log of a publication is the same whatever engine the registry is on.
scale_programs() { # engine sizes…
	local engine=$1 spec n cpu pub desk=$scale_dir/desk
	local o=(-q --anchor "$tmp/authority/anchor.pem" --rules "$scale_dir/rules.ini")
	shift
	for n in "$@" "$@" "$@"; do
		pub=$scale_dir/pub/$engine-$n
		scale_home "$engine" "$n"
		review-entries "$spec" https://verify.tamga.example/ people |
		    "$here/tests/data/make_claims.py" >"$scale_dir/few.csv"
		cpu=$(scale_cpu tamga-review check "$scale_dir/few.csv" \
		    --home "$desk" --pub "$pub" "${o[@]}" --registry "$spec")
		scale_line "review-check-10000-$engine-$n" "$cpu" s
		[ "$engine" = sqlite ] || continue
		cpu=$(scale_cpu tamga-audit "$pub" -q \
		    --anchor "$tmp/authority/anchor.pem")
		scale_line "audit-$n" "$cpu" s
	done
}

scale_bytes() { # engine sizes…
	local engine=$1 spec n b
	shift
	for n in "$@"; do
		scale_home "$engine" "$n"
		if [ "$engine" = sqlite ]; then
			b=$(stat -c %s "$scale_dir/sqlite-$n/registry.db")
		else
			b=$(psql "$spec" -Atc "SELECT sum(pg_total_relation_size(oid))
			    FROM pg_class WHERE relkind = 'r' AND
			    relnamespace = current_schema()::regnamespace")
		fi
		scale_line "bytes-$engine-$n" "$(rate "$b" "$n")" B/each
	done
}

scale_server() { # how: start, stop
	if [ "$1" = start ]; then
		coproc PG { TMPDIR=$scale_dir "$build/tests/pg_server" \
		    "-c fsync=on -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c shared_buffers=1GB"; }
	else
		eval "exec ${PG[1]}>&-"
		wait "$PG_PID" || true
	fi
}

bench_scale() {
	local spec engine step
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
	mkdir "$scale_dir/pub"
	for engine in ${TAMGA_BENCH_ENGINES:-sqlite postgresql}; do
		[ "$engine" = sqlite ] || scale_server start
		for step in fill issue calls programs bytes; do
			# shellcheck disable=SC2086
			"scale_$step" "$engine" ${TAMGA_BENCH_SCALE:-100000 200000}
		done
		[ "$engine" = sqlite ] || scale_server stop
		rm -rf "$scale_dir/$engine"-* "$scale_dir/pub/$engine"-*
	done
}
