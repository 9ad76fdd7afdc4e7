# Completions of changebook, which the program itself answers.
function __changebook_complete
    set -l before (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    CHANGEBOOK_COMPLETE=fish command changebook (count $before) -- $before "$current" 2>/dev/null
end
complete --command changebook --no-files --keep-order --arguments '(__changebook_complete)'
