#compdef changebook
# Completions of changebook, which the program itself answers.
_changebook() {
    local line value help tab=$'\t'
    local -a typed values shown open
    typed=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}")
    for line in "${(@f)$(CHANGEBOOK_COMPLETE=zsh command changebook $((CURRENT - 1)) -- "${typed[@]}" 2>/dev/null)}"; do
        value=${line%%$tab*}
        help=${line#*$tab}
        if [[ -z $value ]]; then
            continue
        elif [[ $value == *[=/] ]]; then
            open+=("$value")
        else
            values+=("$value")
            [[ -n $help && $help != $line ]] && shown+=("$value  -- $help") || shown+=("$value")
        fi
    done
    (( $#open )) && compadd -V opened -S '' -a -- open
    (( $#values )) && compadd -l -V changebook -d shown -a -- values
}
if [ "$funcstack[1]" = "_changebook" ]; then
    _changebook "$@"
else
    compdef _changebook changebook
fi
