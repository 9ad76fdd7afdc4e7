# Completions of changebook, which the program itself answers.
_changebook() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(CHANGEBOOK_COMPLETE=bash changebook "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _changebook changebook 2>/dev/null ||
    complete -o bashdefault -F _changebook changebook
