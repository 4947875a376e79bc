# bash completion for tamga-scan; put it at
# /usr/share/bash-completion/completions/tamga-scan, or source it.

_tamga_scan() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i
	local options='--allow-unjailed --anchor --at --camera --continuous --csv
		--details --effort --from-file --help --home --host --id --id-file
		--json --null --offline --pub --quiet --raw --usage --version --wait
		--xlsx'
	COMPREPLY=()
	# --option=VALUE reaches us as three words
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	# after -- there are inputs alone
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			prev= options=
			break
		fi
	done
	case $prev in
	--effort) mapfile -t COMPREPLY < <(compgen -W 'quick normal hard' -- "$cur") ;;
	--camera) mapfile -t COMPREPLY < <(compgen -G "${cur:-/dev/video}*") ;;
	--home) _tamga_scan_paths -d ;;
	--pub | --anchor | --id-file | --from-file | --csv | --xlsx) _tamga_scan_paths -f ;;
	--at | --host | --id | --wait) ;;
	*)
		if [[ $cur == -* && -n $options ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		else
			_tamga_scan_paths -f
		fi
		;;
	esac
}

# Names with blanks and Chinese stay whole: readline quotes them.
_tamga_scan_paths() {
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
	compopt -o filenames 2>/dev/null
}

complete -F _tamga_scan tamga-scan
